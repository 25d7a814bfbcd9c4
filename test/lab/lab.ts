import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Collector } from "./collector.js";
import { type LabFrame, LabHost, underlayNamespace, underlayPort } from "./host.js";
import { type Cable, createNetwork, joinUnderlay } from "./network.js";
import type { LabOptions, VmOptions } from "./options.js";
import { PACKET_AGENT } from "./packet-agent.js";
import { PortRange } from "./ports.js";
import { SshFiles } from "./ssh.js";
import { Stream, type StreamOptions } from "./stream.js";
import { Vm } from "./vm.js";
import { Watchdog } from "./watchdog.js";

/** A running lab. It ends with `stop`, or when the process that started it does, however that ends. */
export class Lab {
  private readonly vmsByName = new Map<string, Vm>();

  private ports: PortRange | undefined;

  private constructor(
    private readonly frame: LabFrame,
    readonly hosts: readonly LabHost[],
    private readonly watchdog: Watchdog,
  ) {}

  /** Use `startLab`. */
  static async start(options: LabOptions): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error("the lab makes namespaces and must be started as root");
    const {
      hosts = 3,
      vms = [],
      underlayMtu = 1500,
      nics = 1,
      hostKeyTypes = ["ed25519", "ecdsa"],
    } = options;
    const hostOptions = typeof hosts === "number" ? Array.from({ length: hosts }, () => ({})) : hosts;
    const id = randomBytes(3).toString("hex");
    const directory = await mkdtemp(join(tmpdir(), `taas-${id}-`));
    const watchdog = await Watchdog.start(id, directory);
    try {
      const frame: LabFrame = {
        id,
        directory,
        enter: watchdog.enter,
        agent: join(directory, "packet-agent.py"),
        ssh: new SshFiles(join(directory, "ssh"), watchdog.enter),
        hostCount: hostOptions.length,
        nicCount: nics,
        underlayMtu,
        tunnelPort: options.productionTunnels ?? 4789,
        neighbours: options.neighbours ?? "known",
        hostKeyTypes,
      };
      await chmod(directory, 0o755); // users other than root log in with keys that are in it
      await writeFile(frame.agent, PACKET_AGENT);
      const labHosts = hostOptions.map((each, index) => new LabHost(index + 1, each, frame));
      const lab = new Lab(frame, labHosts, watchdog);
      await lab.boot(vms, options.basePort);
      return lab;
    } catch (error) {
      await watchdog.stop();
      throw error;
    }
  }

  /** Part of all its names: namespaces are `taas-<id>-...`. */
  get id(): string {
    return this.frame.id;
  }

  /** Everything the lab writes is here; goes with it. */
  get directory(): string {
    return this.frame.directory;
  }

  /** Keys and files of its SSH. */
  get ssh(): SshFiles {
    return this.frame.ssh;
  }

  /** Path of an ssh_config that knows every host: `ssh -F <path> host1`. */
  get sshConfig(): string {
    return this.ssh.config;
  }

  /** Path of the known_hosts file with every host's keys. */
  get knownHosts(): string {
    return this.ssh.knownHosts;
  }

  get vms(): readonly Vm[] {
    return [...this.vmsByName.values()];
  }

  /** Host K, from 1. */
  host(number: number): LabHost {
    const host = this.hosts[number - 1];
    if (!host) throw new Error(`the lab has no host ${number}`);
    return host;
  }

  /** The VM of that name. */
  vm(name: string): Vm {
    const vm = this.vmsByName.get(name);
    if (!vm) throw new Error(`the lab has no VM ${name}`);
    return vm;
  }

  /** Boots one more VM. */
  async addVm(options: VmOptions): Promise<Vm> {
    const vm = this.makeVm(options);
    await createNetwork(this.frame.enter, [vm.namespace], [vm.cable]);
    await allSettled([vm.boot(), vm.host.ovs(vm.wireScript)]);
    await vm.plug();
    await allSettled(this.hosts.map((host) => host.carryVlans(vm.vlans)));
    return vm;
  }

  /** Puts a collector on the hosts' first network; one a lab. */
  addCollector(): Promise<Collector> {
    return Collector.start(this.frame, this.hosts);
  }

  /** Starts a numbered stream whose lost and duplicated frames are counted. */
  startStream(options: StreamOptions): Promise<Stream> {
    return Stream.start(options);
  }

  /** Ends all its processes, removes its namespaces and its directory. Idempotent. */
  async stop(): Promise<void> {
    await this.watchdog.stop();
    this.ports?.release();
  }

  private makeVm(options: VmOptions): Vm {
    if (this.vmsByName.has(options.name)) throw new Error(`the lab has a VM ${options.name} already`);
    const vm = new Vm(options, this.host(options.host), this.vmsByName.size + 1, this.frame);
    this.vmsByName.set(vm.name, vm);
    return vm;
  }

  private async boot(vmOptions: readonly VmOptions[], basePort: number | undefined): Promise<void> {
    const { hosts, ssh, frame } = this;
    const { enter, hostKeyTypes, underlayMtu: mtu } = frame;
    const vms = vmOptions.map((each) => this.makeVm(each));
    const underlay = underlayNamespace(frame);
    const cards = Array.from({ length: frame.nicCount }, (_, index) => index + 1);
    const cables = hosts.flatMap(({ number, namespace }) =>
      cards.map((nic): Cable => {
        const outside = { namespace: underlay, name: underlayPort(number, nic) };
        return { ends: [outside, { namespace, name: `nic${nic}` }], mtu };
      }),
    );
    const namespaces = [underlay, ...[...hosts, ...vms].map(({ namespace }) => namespace)];
    await createNetwork(enter, namespaces, [...cables, ...vms.map(({ cable }) => cable)]);
    const networks = cards.map((nic) => hosts.map(({ number }) => underlayPort(number, nic)));
    const vlans = vms.flatMap((vm) => vm.vlans);
    await allSettled([
      joinUnderlay(enter, underlay, networks, mtu),
      ...vms.map((vm) => vm.boot()),
      ssh.createIdentity(),
      inTurns(BOOTING, hosts, async (host) => {
        const own = vms.filter((vm) => vm.host === host);
        await allSettled([ssh.createHostKeys(host.name, hostKeyTypes), host.boot()]);
        await host.ovs(["set -e", ...own.map(({ wireScript }) => wireScript)].join("\n"));
        await host.configure(own.flatMap((vm) => vm.plugCommands));
        await host.carryVlans(vlans);
      }),
    ]);
    this.ports = await PortRange.reserve(hosts.length, basePort);
    const { base } = this.ports;
    await allSettled(hosts.map((host) => host.startSsh(base + host.number)));
    await ssh.write(
      hosts.map(({ name, sshPort }) => ({ name, port: sshPort })),
      hostKeyTypes,
    );
  }
}

/** Hosts that boot at the same time. More would only wait for each other, until a command's time is over. */
const BOOTING = 8;

/** Does work on all items, on `limit` at a time; rejects only when nothing is under way any more. */
async function inTurns<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await allSettled(Array.from({ length: limit }, worker));
}

/** Like `Promise.all`, but rejects only when nothing is under way any more: what is made late would be made after the clean-up. */
async function allSettled(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/**
 * Boots a lab; see `LabOptions`. Needs root and the packages that `scripts/setup.sh` installs.
 *
 * @example
 * const lab = await startLab({ vms: [{ name: "web", host: 1 }, { name: "db", host: 2 }] });
 * const capture = await lab.vm("db").capture();
 * await lab.vm("web").send([frame]);
 * const frames = await capture.settle({ frames: 1 });
 * await capture.stop();
 * await lab.stop();
 */
export function startLab(options: LabOptions = {}): Promise<Lab> {
  return Lab.start(options);
}
