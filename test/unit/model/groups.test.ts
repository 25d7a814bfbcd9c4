import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import { groupFlows, groupMirror, groupNames } from "../../../provider/model/groups";
import type { Facts } from "../../../provider/ovs/facts";
import { claimOf, type FlowClaim } from "../../../provider/schema/claim";
import type { captureOptions, treatmentOptions } from "../../../provider/schema/flow";
import { processorTime } from "../../processorTime";
import { type ObservedPort, observed, rowId } from "./observed";

const facts = observed({ name: "br-int", ports: [{ name: "web" }, { name: "db" }] });

function flow(name: string, source: object): FlowClaim {
  return claimOf.flow.parse({
    ...{ format: 1, kind: "flow", owner: `o/p/s/TapFlow/${name}`, token: name, writer: "w", time: "t" },
    ...{ service: "o/p/s/TapService/ids", tunnelId: 7, destination: "machine-here" },
    source: { port: name, integrationBridge: "br-int", ...source },
  });
}

/** How many groups a plain flow and one with options of its own are. */
function groupsWith(options: object): number {
  const desired = { problems: [] } as unknown as Desired;
  return groupFlows([flow("web", {}), flow("db", options)], facts, "br-tap", desired).length;
}

/** Another value than the default of each option. */
const treatment: Record<keyof typeof treatmentOptions, object> = {
  filter: { filter: [{ action: "accept", protocol: "tcp" }] },
  defaultAction: { defaultAction: "reject" },
  sampling: { sampling: { oneIn: 4 } },
  snapLength: { snapLength: 128 },
  rateLimit: { rateLimit: { kbps: 1000 } },
  counters: { counters: "own" },
};
const capture: Record<Exclude<keyof typeof captureOptions, "enabled">, object> = {
  direction: { direction: "ingress" },
};

describe("flows that select ports", () => {
  const vm = (name: string, port: ObservedPort["port"] = {}) => ({
    name,
    port,
    nic: { externalIds: { "iface-id": name } },
  });
  const ports = Array.from({ length: 500 }, (_, index) => vm(`tap${index}`));
  const many = observed({ name: "br-int", ports });
  const groupsOf = (host: Facts, ...flows: FlowClaim[]) =>
    groupFlows(flows, host, "br-tap", { problems: [], monitors: [], placements: [] } as unknown as Desired);

  it("have one Mirror for 500 ports, with one source", () => {
    const groups = groupsOf(many, flow("all", { port: undefined, ports: { name: "*" } }));
    expect(groups).to.have.length(1);
    const mirror = groupMirror(groups[0]!, "br-tap");
    expect(mirror.selectSrcPort).to.have.length(500);
    expect(mirror.sources).to.have.length(1);
    expect(mirror.selected.size).to.equal(500);
  });

  it("share one with flows that are treated alike, and each port is in it once", () => {
    const odd = { name: "tap*1" };
    const [group, ...others] = groupsOf(
      many,
      flow("all", { port: undefined, ports: { name: "*" } }),
      flow("odd", { port: undefined, ports: odd }),
      flow("tap1", {}),
    );
    expect(others).to.deep.equal([]);
    const { selectSrcPort, selected, sources } = groupMirror(group!, "br-tap");
    expect(new Set(selectSrcPort).size).to.equal(selectSrcPort.length).and.to.equal(500);
    expect(selected.get(rowId("Port", "tap1"))).to.deep.equal(["o/p/s/TapFlow/all", "o/p/s/TapFlow/odd"]);
    expect(sources).to.have.length(3);
  });

  it("have one for access ports and one for trunks", () => {
    const host = observed({
      name: "br-int",
      ports: [vm("a"), vm("b", { tag: undefined })],
    });
    const groups = groupsOf(host, flow("all", { port: undefined, ports: { name: "*" } }));
    expect(groups.map(({ vlan }) => vlan.kind).sort()).to.deep.equal(["keep", "strip"]);
  });

  for (const [what, selector, tag, kind] of [
    ["access ports where a network is asked for", { network: "n" }, undefined, "strip"],
    ["access ports where others are", { name: "x*" }, 10, "strip"],
    ["trunks where others are", { name: "x*" }, undefined, "keep"],
  ] as const) {
    it(`have an empty one while no port matches, for ${what}`, () => {
      const host = observed({ name: "br-int", ports: [vm("a", { tag })] });
      const [group] = groupsOf(host, flow("none", { port: undefined, ports: selector }));
      const { selectSrcPort, selectDstPort } = groupMirror(group!, "br-tap");
      expect([group!.vlan.kind, selectSrcPort, selectDstPort]).to.deep.equal([kind, [], []]);
    });
  }

  it("have none on a host that lacks their bridge", () => {
    const host = observed({ name: "br-ex", ports: [vm("a")] });
    expect(groupsOf(host, flow("none", { port: undefined, ports: { name: "x*" } }))).to.deep.equal([]);
  });

  it("have the Mirrors that they have while none matches, whatever comes and goes beside them", () => {
    const all = flow("all", { port: undefined, ports: { name: "x*" } });
    const [trunk, access] = [vm("a", { tag: undefined }), vm("b")];
    const withMirrors = (of: ObservedPort[], ...names: string[]): Facts => {
      const host = observed({ name: "br-int", ports: of });
      for (const name of names) host.mirrors[name] = { name } as Facts["mirrors"][string];
      return host;
    };
    const mirrorsOf = (host: Facts, ...flows: FlowClaim[]) =>
      groupsOf(host, ...flows).map((group) => groupNames(group).mirror);
    const [keep] = mirrorsOf(withMirrors([trunk]), all);
    const [strip] = mirrorsOf(withMirrors([access]), all);
    expect(keep).to.not.equal(strip);
    for (const standing of [[keep!], [strip!], [keep!, strip!].sort()])
      for (const others of [[], [trunk], [access], [trunk, access]])
        expect(mirrorsOf(withMirrors(others, ...standing), all)).to.deep.equal(standing);
    expect(mirrorsOf(withMirrors([trunk, access], keep!), all, flow("a", {}))).to.deep.equal(
      [keep, strip].sort(),
    );
  });

  it("take time in proportion to the ports, however many they are", () => {
    const time = (count: number) => {
      const host = observed({
        name: "br-int",
        ports: Array.from({ length: count }, (_, index) => vm(`tap${index}`)),
      });
      const claims = Array.from({ length: 4 }, (_, index) =>
        flow(`f${index}`, { port: undefined, ports: { name: "tap*", except: ["tap1"] } }),
      );
      return processorTime(() => groupMirror(groupsOf(host, ...claims)[0]!, "br-tap"));
    };
    time(4_000);
    expect(time(16_000)).to.be.below(2_000);
  });
});

describe("flows of one service", () => {
  it("are one capture group while their copies are treated alike", () => {
    expect(groupsWith({})).to.equal(1);
    for (const [option, options] of Object.entries(capture)) expect(groupsWith(options), option).to.equal(1);
  });

  for (const [option, options] of Object.entries(treatment)) {
    it(`are two if they differ in ${option}`, () => expect(groupsWith(options)).to.equal(2));
  }

  for (const [option, options] of [
    ["rateLimit", treatment.rateLimit],
    ["counters of their own", treatment.counters],
  ] as const) {
    it(`are two if both have the same ${option}, even on one port`, () => {
      const desired = { problems: [] } as unknown as Desired;
      const both = ["one", "other"].map((name) => flow(name, { port: "web", ...options }));
      expect(groupFlows(both, facts, "br-tap", desired)).to.have.length(2);
    });
  }
});
