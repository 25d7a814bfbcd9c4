import timers from "node:timers/promises";
import { type HostAccess, ofctlTarget } from "../../../provider/converge/access";
import type { Edit } from "../../../provider/converge/edit";
import { compareForeignRules } from "../../../provider/converge/foreignRules";
import { meterSpecs } from "../../../provider/converge/pushRules";
import { reconcile } from "../../../provider/converge/reconcile";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import { compareMeters, dumpMeters } from "../../../provider/ovs/meters";
import { readFacts } from "../../../provider/ovs/readFacts";
import { tapRules } from "../../../provider/plan/numberRules";
import { type Claim, claim } from "../../../provider/schema/claim";
import { flow } from "./claims";
import { refuse } from "./edits";
import { aroundTransactions, PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };

/** A service whose monitor stays on the integration bridge. */
export function serviceClaim(name: string, tunnelId: number, port: string): Claim {
  return claim.parse({
    ...{ ...base, kind: "service", owner: `o/p/${name}/TapService/${name}`, integrationBridge: "br-int" },
    ...{ attachment: "integration-bridge", tunnelId, ports: [port], distribution: "copy" },
  });
}

/** A flow from another host over production's tunnel, into a service here. */
export function sharedFlow(name: string, tunnelId: number): Claim {
  return claim.parse({
    ...{ ...base, kind: "flow", owner: `o/p/${name}/TapFlow/${name}`, tunnelId },
    ...{ service: "o/p/kept/TapService/kept", destination: "here", shared: { bridge: "br-tun" } },
    peer: { machine: "there", name: "host2", remote: "192.0.2.12", local: "192.0.2.11" },
  });
}

export const kept = serviceClaim("kept", 7, "mon1");
export const plain = flow("plain", "web", { type: "gre", udpPort: 0, address: "192.0.2.10" });
/** A flow with a meter. */
export const capped = flow(
  "capped",
  "web",
  { type: "gre", udpPort: 0 },
  { rateLimit: { packetsPerSecond: 1000 } },
);

/** No stop between the calls of a writer. */
export const free = async (): Promise<void> => {};

/** A host on which several writers are at work, with bridges br-int and br-tun. */
export class ContendedHost {
  private readonly sleep = timers.setTimeout;
  readonly ways: PrivateAccess;

  private constructor(readonly ovs: PrivateOvs) {
    this.ways = new PrivateAccess(ovs);
  }

  static async start(): Promise<ContendedHost> {
    const ovs = await PrivateOvs.start();
    for (const bridge of ["br-int", "br-tun"])
      await ovs.vsctl("add-br", bridge, "--", "set", "Bridge", bridge, "datapath_type=netdev");
    const tunnel = ["type=vxlan", "options:remote_ip=192.0.2.12", "options:key=flow"];
    await ovs.vsctl("add-port", "br-tun", "vx-1", "--", "set", "Interface", "vx-1", ...tunnel);
    for (const port of ["mon1", "mon2", "mon3", "web"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
    await ovs.ofctl("add-flow", "br-int", "cookie=0x1,priority=1,actions=NORMAL");
    const host = new ContendedHost(ovs);
    // The pauses of writers that were overtaken have no part in the order of their calls.
    timers.setTimeout = ((_: number, value: unknown) => host.sleep(1, value)) as typeof timers.setTimeout;
    return host;
  }

  async stop(): Promise<void> {
    timers.setTimeout = this.sleep;
    this.ways.close();
    await this.ovs.stop();
  }

  /** A way to the host that stops before each call. */
  async accessOf(stop: () => Promise<void>): Promise<HostAccess> {
    const access = await this.ways.open();
    aroundTransactions(access.ovsdb, { before: stop });
    return {
      ...access,
      run: async (command, options) => {
        await stop();
        return this.ovs.run(command, options);
      },
    };
  }

  async reconciled(edits: Edit[], stop: () => Promise<void>): Promise<unknown> {
    return reconcile(await this.accessOf(stop), edits, refuse);
  }

  /** The claims that the host has. */
  async claims(): Promise<Claim[]> {
    const facts = await readFacts((await this.accessOf(free)).ovsdb);
    return [...readClaims(facts, "br-tap", "here").claims.values()];
  }

  /** How the rules of ours, and the meters, differ from what the host's claims say. */
  async wrongRules(): Promise<unknown[]> {
    const access = await this.accessOf(free);
    const facts = await readFacts(access.ovsdb);
    const { claims, bridge, generation } = readClaims(facts, "br-tap", "here");
    const desired = render(claims, facts, "br-tap");
    const differences = await compareForeignRules(access, desired, facts, new Set(["br-int", "br-tun"]));
    const foreign = differences.flatMap(({ missing, unexpected }) => [...missing, ...unexpected]);
    if (bridge === undefined) return foreign;
    const there = await dumpMeters(ofctlTarget(access, "br-tap"));
    const meters = compareMeters(there, meterSpecs(desired, facts, "br-tap"));
    const isSame = await access.tapSwitch.has(tapRules(desired, facts, "br-tap", generation));
    return [...foreign, ...Object.values(meters).flat(), ...(isSame ? [] : ["rules of br-tap"])];
  }
}
