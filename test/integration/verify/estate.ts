import { setTimeout as sleep } from "node:timers/promises";
import { verifyTaps } from "../../../provider/handlers";
import type { StageVerification, TapVerification } from "../../../provider/verify/verification";
import { Driver, type Made } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { between } from "../../lab/vm";

/** The taps: `farm` through a filter and a cap to three monitors, and each other kind of way once. */
export type Tap = "farm" | "near" | "inline" | "shared" | "mesh" | "outside" | "off";

/** VMs that send all the time, by the tap that they have. */
const SOURCES: Partial<Record<Tap, string>> = {
  farm: "web",
  near: "db",
  inline: "app",
  shared: "api",
  mesh: "log",
};
const MONITORS = ["ids1", "ids2", "ids3", "rec", "bump"];

/** Two hosts with taps of all kinds, and traffic on those that have any. */
export class Estate {
  readonly made = new Map<string, { made: Made; args: Record<string, unknown> }>();
  private sending = true;
  private readonly traffic: Promise<unknown>;

  private constructor(
    readonly lab: Lab,
    readonly driver: Driver,
  ) {
    const names = Object.values(SOURCES);
    this.traffic = Promise.all(
      names.map((name, index) => this.send(name, names[(index + 1) % names.length]!)),
    );
  }

  static async start(): Promise<Estate> {
    const sources = Object.values(SOURCES).map((name) => ({ name, host: 1 }));
    const hosts = { rec: 1 } as Record<string, number>;
    const monitors = MONITORS.map((name) => ({ name, host: hosts[name] ?? 2, vlan: 20 }));
    const lab = await startLab({ hosts: 2, vms: [...sources, ...monitors] });
    const estate = new Estate(lab, new Driver(lab));
    await estate.tap();
    return estate;
  }

  async stop(): Promise<void> {
    this.sending = false;
    await this.traffic.catch(() => {});
    await this.lab.stop();
  }

  /** Verifies all taps of some hosts. */
  async verify(window = 0.3, hosts: readonly unknown[] = ["host1", "host2"]) {
    const read = (key: string) => (key === "taas:sshConfig" ? this.lab.sshConfig : undefined);
    const begun = performance.now();
    const { taps, unseen } = await verifyTaps(read, { hosts, window });
    const seconds = (performance.now() - begun) / 1000;
    const byName = new Map(taps.map((tap) => [tap.owner.split("/").at(-1) as Tap, tap]));
    return { taps: byName, unseen, seconds };
  }

  /** Makes hosts what their claims say again. */
  async repair(): Promise<void> {
    for (const { made, args } of this.made.values()) {
      await this.driver.read(made);
      await this.driver.update(made, args);
    }
  }

  private async make(kind: Made["kind"], name: string, args: Record<string, unknown>): Promise<Made> {
    const made = await this.driver.create(kind, name, args);
    this.made.set(`${kind} ${name}`, { made, args });
    return made;
  }

  private async tap(): Promise<void> {
    const service = async (name: string, args: Record<string, unknown>) =>
      (await this.make("TapService", name, args)).outputs.ref;
    const flow = (name: Tap, to: unknown, args: Record<string, unknown> = {}) =>
      this.make("TapFlow", name, {
        service: to,
        host: "host1",
        port: `tap-${SOURCES[name] ?? "db"}`,
        ...args,
      });
    const ports = ["tap-ids1", "tap-ids2", "tap-ids3"];
    const farm = await service("farm", { host: "host2", ports, distribution: "hash" });
    const near = await service("near", { host: "host1", port: "tap-rec" });
    const attachment = "integration-bridge";
    const inline = await service("inline", { host: "host2", port: "tap-bump", attachment });
    const device = await this.make("MonitorPort", "device", { host: "host2", name: "sensor" });
    await this.lab.host(2).ovs("ip link set sensor up");
    const sensor = await service("sensor", { host: "host2", port: device.outputs.port });
    const collector = { address: "192.0.2.200", type: "vxlan" };
    const outside = (await this.make("TapService", "outside", { collector })).outputs.ref;
    const members = { hosts: ["host1", "host2"], mode: "mesh", type: "geneve" };
    const mesh = (await this.make("MirrorTunnel", "mesh", members)).outputs.ref;
    const rateLimit = { packetsPerSecond: 5000 };
    // The mesh would carry what has no tunnel of its own, were it not for this pair.
    const pair = (await this.make("MirrorTunnel", "pair", { hosts: ["host1", "host2"] })).outputs.ref;
    await flow("farm", farm, { filter: "udp", rateLimit, tunnel: pair });
    await flow("near", near);
    await flow("inline", inline, { tunnel: pair });
    await flow("shared", sensor, { transport: "shared", snapLength: 100 });
    await flow("mesh", sensor, { tunnel: mesh, direction: "egress" });
    await flow("outside", outside);
    await flow("off", near, { enabled: false, direction: "egress" });
  }

  /** Ten frames, twenty times a second. */
  private async send(from: string, to: string): Promise<void> {
    const [source, destination] = [this.lab.vm(from), this.lab.vm(to)];
    const ports = { sourcePort: 1, destinationPort: 2, payload: Buffer.alloc(50) };
    const frame = udp({ ...between(source, destination), ...ports });
    while (this.sending) {
      await source.send(Array.from({ length: 10 }, () => frame));
      await sleep(50);
    }
  }
}

/** The verdicts of a tap's stages, one word each. */
export function verdicts({ stages }: TapVerification): string[] {
  return stages.map(({ verdict }) => verdict);
}

/** What is wrong, as `tap stage host`, with its words. */
export function faults(taps: ReadonlyMap<string, TapVerification>): Map<string, string> {
  const wrong = ([name, { stages }]: [string, TapVerification]): [string, StageVerification][] =>
    stages.filter(({ verdict }) => verdict === "wrong").map((stage) => [name, stage]);
  return new Map(
    [...taps].flatMap(wrong).map(([name, { stage, host, detail }]) => [`${name} ${stage} ${host}`, detail]),
  );
}
