import timers from "node:timers/promises";
import { expect } from "chai";
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
import { limitOf, sampleOf } from "../../sample";
import { flow } from "./claims";
import { drop, put, refuse } from "./edits";
import { frozenAndSlow, interleave } from "./interleaving";
import { aroundTransactions, PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

/** What a writer needs at most to end when it is alone; later calls would be none. */
const CALLS = 14;
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

const cases = ORDERS.flatMap((order) =>
  Array.from({ length: CALLS * CALLS }, (_, index) => ({
    order,
    frozenAt: 1 + Math.floor(index / CALLS),
    slowAt: 1 + (index % CALLS),
  })),
);

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };

function serviceClaim(name: string, tunnelId: number, port: string): Claim {
  return claim.parse({
    ...{ ...base, kind: "service", owner: `o/p/${name}/TapService/${name}`, integrationBridge: "br-int" },
    ...{ attachment: "integration-bridge", tunnelId, ports: [port], distribution: "copy" },
  });
}

/** A flow from another host over production's tunnel, into a service here. */
function sharedFlow(name: string, tunnelId: number): Claim {
  return claim.parse({
    ...{ ...base, kind: "flow", owner: `o/p/${name}/TapFlow/${name}`, tunnelId },
    ...{ service: "o/p/kept/TapService/kept", destination: "here", shared: { bridge: "br-tun" } },
    peer: { machine: "there", name: "host2", remote: "192.0.2.12", local: "192.0.2.11" },
  });
}

const kept = serviceClaim("kept", 7, "mon1");
const plain = flow("plain", "web", { type: "gre", udpPort: 0, address: "192.0.2.10" });
/** A flow with a meter. */
const capped = flow("capped", "web", { type: "gre", udpPort: 0 }, { rateLimit: { packetsPerSecond: 1000 } });

describe("a frozen writer, a slow one and a fast one", function () {
  this.timeout(limitOf(300_000));
  let ovs: PrivateOvs;
  let ways: PrivateAccess;
  const { setTimeout: sleep } = timers;

  before(async () => {
    ovs = await PrivateOvs.start();
    ways = new PrivateAccess(ovs);
    for (const bridge of ["br-int", "br-tun"])
      await ovs.vsctl("add-br", bridge, "--", "set", "Bridge", bridge, "datapath_type=netdev");
    const tunnel = ["type=vxlan", "options:remote_ip=192.0.2.12", "options:key=flow"];
    await ovs.vsctl("add-port", "br-tun", "vx-1", "--", "set", "Interface", "vx-1", ...tunnel);
    for (const port of ["mon1", "mon2", "mon3", "web"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
    await ovs.ofctl("add-flow", "br-int", "cookie=0x1,priority=1,actions=NORMAL");
    // The pauses of writers that were overtaken have no part in the order of their calls.
    timers.setTimeout = ((_: number, value: unknown) => sleep(1, value)) as typeof sleep;
  });

  after(async () => {
    timers.setTimeout = sleep;
    ways?.close();
    await ovs?.stop();
  });

  /** A way to the host that stops before each call. */
  async function accessOf(stop: () => Promise<void>): Promise<HostAccess> {
    const access = await ways.open();
    aroundTransactions(access.ovsdb, { before: stop });
    return {
      ...access,
      run: async (command, options) => {
        await stop();
        return ovs.run(command, options);
      },
    };
  }

  const reconciled = async (edits: Edit[], stop: () => Promise<void>) =>
    reconcile(await accessOf(stop), edits, refuse);
  const free = async () => {};

  /** How the rules of ours, and the meters, differ from what the host's claims say. */
  async function wrongRules(): Promise<unknown[]> {
    const access = await accessOf(free);
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

  it("somebody else's rule in the place of ours concerns only the resource that needs it", async () => {
    const [own, other] = [serviceClaim("old", 8, "mon2"), serviceClaim("new", 9, "mon3")];
    const errors = async (...edits: Edit[]) => {
      const refused: unknown[] = [];
      await reconcile(await accessOf(free), edits, (edit, error) => {
        refused.push([edit.owner, (error as { code?: string }).code]);
      });
      return refused;
    };
    expect(await errors(put(own))).to.deep.equal([]);
    const ours = await ovs.ofctl("dump-flows", "br-int", "cookie=0x7a70000000000000/0xffff000000000000");
    const place = `priority=65535,in_port=${/in_port="?([^" ,]+)/.exec(ours)![1]}`;
    await ovs.ofctl("add-flow", "br-int", `cookie=0xabc,${place},actions=drop`);
    expect(await errors(put(other))).to.deep.equal([]);
    expect(await errors(put(kept), drop(other))).to.deep.equal([]);
    expect(await errors(put({ ...own, description: "changed" }))).to.deep.equal([[own.owner, "flow-taken"]]);
    expect(await wrongRules()).to.have.length(1);
    expect(await ovs.ofctl("dump-flows", "br-int", "cookie=0xabc/-1")).to.match(/actions=drop/);
    expect(
      await errors(put({ ...own, attachment: "tap-bridge" } as Claim)),
      "needs it no more",
    ).to.deep.equal([]);
    expect(await wrongRules()).to.deep.equal([]);
    expect(await errors(drop(own), drop(kept))).to.deep.equal([]);
    await ovs.ofctl("--strict", "del-flows", "br-int", place);
  });

  for (const [what, start, writers, end] of [
    [
      "rules and meters end as the claims say",
      [kept, serviceClaim("old", 8, "mon2")],
      [
        [put(serviceClaim("new", 9, "mon3"))],
        [drop(serviceClaim("old", 8, "mon2"))],
        [put(sharedFlow("shared", 7)), put(capped)],
      ],
      ["new", "kept", "shared", "capped"],
    ],
    [
      "no rule stays when the last tap is deleted meanwhile",
      [serviceClaim("old", 8, "mon2")],
      [
        [put(serviceClaim("old", 8, "mon3"))],
        [drop(serviceClaim("old", 8, "mon2"))],
        [put(serviceClaim("new", 9, "mon1"))],
      ],
      undefined,
    ],
    [
      // In a new tap bridge, the same ports and meters get the numbers that they had in the old one.
      "no meter is lost when the tap bridge is deleted and created meanwhile",
      [plain, capped],
      [[drop(capped)], [drop(plain)], [put(plain), put(capped)]],
      undefined,
    ],
  ] as const) {
    it(`${what}, at every interleaving of their calls to the host`, async () => {
      const sampled = sampleOf(cases, 12);
      for (const { order, frozenAt, slowAt } of sampled) {
        const text = `${order.join(" ")}, frozen before ${frozenAt}, slow before ${slowAt}`;
        await reconciled(start.map(put), free);
        await interleave(
          writers.map((edits) => (stop: () => Promise<void>) => reconciled([...edits], stop)),
          frozenAndSlow(order, frozenAt, slowAt),
        );
        expect(await wrongRules(), text).to.deep.equal([]);
        const facts = await readFacts((await accessOf(free)).ovsdb);
        const claims = [...readClaims(facts, "br-tap", "here").claims.values()];
        if (end !== undefined)
          expect(claims.map(({ owner }) => owner.replace(/.*\//, "")).sort(), text).to.deep.equal(
            [...end].sort(),
          );
        await reconciled(claims.map(drop), free);
        expect(await wrongRules(), `${text}, at the end`).to.deep.equal([]);
        expect(await ovs.vsctl("list-br"), text).to.equal("br-int\nbr-tun\n");
        ways.close();
      }
    });
  }
});
