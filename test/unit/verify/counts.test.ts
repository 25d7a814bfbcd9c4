import { expect } from "chai";
import { gateRules } from "../../../provider/model/gate";
import { type Group, groupNames } from "../../../provider/model/groups";
import { pieceCookie } from "../../../provider/model/identity";
import { type Flow, parseFlow } from "../../../provider/ovs/openflow";
import { countGroups, countPorts } from "../../../provider/verify/counts";

/** A group of a flow without, or with, a sample. */
function groupOf(source: object = {}): Group {
  return { hash: "abcdefabcdef", members: [{ flow: { owner: "a", source }, ports: [] }] } as unknown as Group;
}

const group = groupOf();
const NUMBERS = new Map([
  [groupNames(group).tap, 7],
  ["mg-abcdefabcdef", 8],
  ["mh-abcdefabcdef", 9],
]);
const COOKIE = pieceCookie(group.hash);

function flow(table: number, inPort: number, packets: number, cookie = COOKIE): Flow {
  const counts = `n_packets=${packets}, n_bytes=1, priority=1`;
  return parseFlow(
    `cookie=0x${cookie.toString(16)}, table=${table}, ${counts},in_port=${inPort} actions=drop`,
  );
}

function reading(captured: number, accepted: number, dropped: number) {
  const own = [flow(0, 7, captured), flow(1, 7, 1000), flow(2, 7, accepted), flow(2, 7, 2)];
  return { flows: [...own, flow(0, 7, 5000, 1n), flow(2, 8, 300)], drops: new Map([[4, dropped]]) };
}

describe("what was counted in a window", () => {
  const counted = (before: ReturnType<typeof reading>, after: ReturnType<typeof reading>, meter?: number) =>
    countGroups({ groups: [group], numbers: NUMBERS }, () => meter, before, after).get(group.hash);

  it("is what a group's own rules and its meter counted meanwhile", () => {
    expect(counted(reading(10, 4, 1), reading(30, 9, 3), 4)).to.deep.equal({
      captured: 20,
      accepted: 5,
      dropped: 2,
    });
    expect(counted(reading(10, 4, 1), reading(30, 9, 3))).to.include({ dropped: 0 });
  });

  it("is what restarted counters show", () => {
    expect(counted(reading(100, 90, 9), reading(7, 1, 0), 4)).to.deep.equal({
      captured: 7,
      accepted: 3,
      dropped: 0,
    });
  });

  it("has frames that a gate has let pass as accepted only where the filter has accepted them, too", () => {
    for (const [source, until] of [
      [{ sampling: { oneIn: 2 } }],
      [{ rateLimit: { packetsPerSecond: 1 } }, "2099-01-01T00:00:00Z"],
    ] as const) {
      const gated = groupOf(source);
      Object.assign(gated.members[0]!.flow, until === undefined ? {} : { until });
      const tables = gateRules(gated).map(({ table }) => table);
      expect(tables).to.include(0);
      const after = [...tables.map((table) => flow(table, 7, 40)), flow(0, 9, 20), flow(1, 9, 20)];
      const found = (flows: Flow[]) =>
        countGroups(
          { groups: [gated], numbers: NUMBERS },
          () => undefined,
          { flows: [], drops: new Map() },
          { flows, drops: new Map() },
        ).get(gated.hash);
      expect(found(after)).to.deep.equal({ captured: 40, accepted: 0, dropped: 0 });
      expect(found([...after, flow(2, 9, 5)])).to.include({ captured: 40, accepted: 5 });
    }
  });

  it("is known for ports that existed at both ends of it", () => {
    const before = new Map([["a", { egress: 1, ingress: 10 }]]);
    const after = new Map([
      ["a", { egress: 5, ingress: 10 }],
      ["b", { egress: 9, ingress: 9 }],
    ]);
    expect([...countPorts(before, after)]).to.deep.equal([["a", { egress: 4, ingress: 0 }]]);
  });
});
