import { expect } from "chai";
import type {
  Desired,
  DesiredMirror,
  DesiredPort,
  Monitor,
  Placement,
  Rule,
} from "../../../provider/model/desired";
import { handover } from "../../../provider/model/handover";

const nothing: Desired = {
  ports: [],
  mirrors: [],
  placements: [],
  coming: [],
  monitors: [],
  keeper: "unwanted",
  rules: [],
  meters: [],
  foreignRules: [],
  problems: [],
};
const mirror = (name: string, egress: string[], ingress: string[] = []): DesiredMirror => ({
  ...{
    name,
    bridge: "br-int",
    selectSrcPort: egress,
    selectDstPort: ingress,
    output: `mi-${name}`,
    sources: [],
    selected: new Map(),
    owners: ["o"],
  },
});
const rule = (inPort: string, output: string): Rule => ({
  ...{ table: 2, priority: 100, cookie: 1n, inPort, match: [], actions: [{ output }], owners: ["o"] },
});
const placement = (port: string, bridge: string): Placement => ({
  ...{ port, interface: `i-${port}`, name: port, bridge, owners: ["o"] },
});
const between = (old: Partial<Desired>, next: Partial<Desired>) =>
  handover({ ...nothing, ...old }, { ...nothing, ...next }, "br-tap");

describe("a hand-over of copies", () => {
  it("is not needed when taps are only added or deleted, or change their direction", () => {
    const one = [mirror("a", ["p"])];
    expect(between({}, { mirrors: one })).to.equal(undefined);
    expect(between({ mirrors: one }, {})).to.equal(undefined);
    expect(between({ mirrors: one }, { mirrors: [mirror("a", ["p", "q"])] })).to.equal(undefined);
    expect(between({ mirrors: one }, { mirrors: [mirror("a", [], ["p"])] })).to.equal(undefined);
    expect(between({ mirrors: one }, { mirrors: [...one, mirror("b", ["p"])] })).to.equal(undefined);
    expect(between({ mirrors: [mirror("a", ["p"])] }, { mirrors: [mirror("b", ["q"])] })).to.equal(undefined);
  });

  it("keeps the old Mirrors, and has the ports and rules of both, when a port changes its group", () => {
    const old = { mirrors: [mirror("a", ["p"])], rules: [rule("mt-a", "x"), rule("mt-c", "x")] };
    const next = { mirrors: [mirror("b", ["p"])], rules: [rule("mt-b", "y"), rule("mt-c", "z")] };
    const result = between(old, next)!;
    expect(result.mirrors).to.equal(old.mirrors);
    expect(result.rules).to.deep.equal([rule("mt-b", "y"), rule("mt-c", "z"), rule("mt-a", "x")]);
  });

  it("ends with the second step: what was new is then what was", () => {
    const next = { mirrors: [mirror("b", ["p"])], rules: [rule("mt-b", "y")] };
    expect(between(next, next)).to.equal(undefined);
  });

  it("moves a relieved monitor back only when its successor gets the copies", () => {
    const old = { rules: [rule("mv-1", "old")], placements: [placement("old", "br-tap")] };
    const placements = [placement("new", "br-tap"), placement("old", "br-int")];
    const result = between(old, { rules: [rule("mv-1", "new")], placements })!;
    expect(result.placements).to.deep.equal([placement("new", "br-tap")]);
    expect(result.rules).to.deep.equal([rule("mv-1", "new")]);
  });

  it("keeps a port that copies pass until they pass its successor", () => {
    const patch = (name: string): DesiredPort => ({
      ...{ name, bridge: "br-tap", type: "patch", options: {}, vlans: "all", owners: ["o"] },
    });
    const old = { ports: [patch("md-1")], rules: [rule("mv-1", "md-1"), rule("mv-2", "x")] };
    const next = { ports: [patch("md-2")], rules: [rule("mv-1", "md-2"), rule("mv-2", "x")] };
    const result = between(old, next)!;
    expect(result.ports.map(({ name }) => name)).to.have.members(["md-1", "md-2"]);
    expect(result.rules).to.deep.equal(next.rules);
    expect(between(old, { ...next, rules: [rule("mv-2", "y")] }), "nothing follows").to.equal(undefined);
    expect(between(next, next), "what was new is what was").to.equal(undefined);
  });

  it("sends copies to both bridges while their monitor changes its bridge, and does not move it yet", () => {
    const monitor = (attachment: Monitor["attachment"]): Monitor => ({
      ...{
        owner: "o",
        port: "mon",
        name: "mon",
        interface: "i-mon",
        wanted: "mon",
        bridges: ["br-int", "br-tap"],
        attachment,
      },
    });
    const there = { rules: [rule("mv-1", "mon")], monitors: [monitor("tap-bridge")] };
    const back = { rules: [rule("mv-1", "md-1")], monitors: [monitor("integration-bridge")] };
    const home = placement("mon", "br-int");
    const leaving = between(there, { ...back, placements: [home] })!;
    expect([leaving.placements, leaving.coming]).to.deep.equal([[], [home]]);
    expect(leaving.rules.map(({ actions }) => actions)).to.deep.equal([
      [{ output: "mon" }, { output: "md-1" }],
    ]);
    const away = placement("mon", "br-tap");
    const coming = between(back, { ...there, placements: [away] })!;
    expect([coming.placements, coming.coming]).to.deep.equal([[], [away]]);
    expect(coming.rules.map(({ actions }) => actions)).to.deep.equal([
      [{ output: "md-1" }, { output: "mon" }],
    ]);
  });

  it("keeps what both destinations have in common once, and uses the new one where the old one jumps", () => {
    const one: Rule = { ...rule("mt-1", "x"), actions: ["pop_vlan", { output: "mon" }] };
    const two: Rule = { ...rule("mt-1", "x"), actions: ["pop_vlan", { output: "md-1" }] };
    const jump: Rule = { ...rule("mt-1", "x"), actions: ["pop_vlan", { goto: 3 }] };
    const wanted = { owner: "o", port: "mon", name: "mon", interface: "i-mon", wanted: "mon", bridges: [] };
    const from = (own: Rule) => ({
      rules: [own],
      monitors: [{ ...wanted, attachment: "tap-bridge" as const }],
    });
    const to = { rules: [two], monitors: [{ ...wanted, attachment: "integration-bridge" as const }] };
    expect(between(from(one), to)!.rules[0]!.actions).to.deep.equal([
      "pop_vlan",
      { output: "mon" },
      { output: "md-1" },
    ]);
    expect(between(from(jump), to)!.rules[0]!.actions).to.deep.equal(two.actions);
  });

  it("sends no copy twice to a monitor that another service keeps meanwhile", () => {
    const wanted = { owner: "o", port: "mon", name: "mon", interface: "i-mon", wanted: "mon", bridges: [] };
    const outputs = (...names: string[]): Rule => ({
      ...{ ...rule("mv-2", "x"), actions: names.map((output) => ({ output })) },
    });
    const state = (attachment: Monitor["attachment"], own: Rule) => ({
      ...{ rules: [own], monitors: [{ ...wanted, attachment }] },
    });
    const result = between(
      state("tap-bridge", outputs("ids1", "ids2")),
      state("integration-bridge", outputs("ids2", "ids3")),
    )!;
    expect(result.rules).to.deep.equal([outputs("ids1", "ids2", "ids3")]);
  });

  it("does not hold back a monitor that nobody relieves", () => {
    const old = { rules: [rule("mv-1", "old")], placements: [placement("old", "br-tap")] };
    expect(between(old, { placements: [placement("old", "br-int")] })).to.equal(undefined);
  });
});
