import { expect } from "chai";
import type { Group } from "../../../provider/model/groups";
import { pieceCookie } from "../../../provider/model/identity";
import { parseFlow } from "../../../provider/ovs/openflow";
import { countGroups, countPorts } from "../../../provider/verify/counts";

const group = { hash: "abcdefabcdef" } as Group;
const cookie = `0x${pieceCookie(group.hash).toString(16)}`;

function reading(captured: number, accepted: number, dropped: number) {
  const flow = (table: number, packets: number, other = cookie) =>
    parseFlow(`cookie=${other}, table=${table}, n_packets=${packets}, n_bytes=1, priority=1 actions=drop`);
  const flows = [flow(0, captured), flow(1, 1000), flow(2, accepted), flow(2, 2), flow(0, 5000, "0x1")];
  return { flows, drops: new Map([[4, dropped]]) };
}

describe("what was counted in a window", () => {
  const counted = (before: ReturnType<typeof reading>, after: ReturnType<typeof reading>, meter?: number) =>
    countGroups([group], () => meter, before, after).get(group.hash);

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

  it("is known for ports that existed at both ends of it", () => {
    const before = new Map([["a", { egress: 1, ingress: 10 }]]);
    const after = new Map([
      ["a", { egress: 5, ingress: 10 }],
      ["b", { egress: 9, ingress: 9 }],
    ]);
    expect([...countPorts(before, after)]).to.deep.equal([["a", { egress: 4, ingress: 0 }]]);
  });
});
