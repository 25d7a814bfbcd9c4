import { expect } from "chai";
import type { DesiredMirror } from "../../../provider/model/desired";
import type { Facts, MirrorFacts } from "../../../provider/ovs/facts";
import { planMirrors } from "../../../provider/plan/mirrors";
import { observed, rowId } from "../model/observed";

const port = (name: string) => rowId("Port", name);
const mirrorId = (name: string) => rowId("Mirror", name);

const wanted: DesiredMirror = {
  name: "taas-0123456789ab",
  bridge: "br-int",
  selectSrcPort: [port("a"), port("b")],
  selectDstPort: [port("b")],
  output: "mi-0123456789ab",
  sources: [],
  selected: new Map(),
  owners: ["o"],
};
const row: MirrorFacts = {
  uuid: mirrorId("1"),
  name: "taas-0123456789ab",
  selectAll: false,
  selectSrcPort: [port("a"), port("b")],
  selectDstPort: [port("b")],
  selectVlan: [],
  outputPort: port("mi-0123456789ab"),
  outputVlan: undefined,
  snaplen: undefined,
  externalIds: { taas: "1" },
};

function host(...mirrors: MirrorFacts[]): Facts {
  const ours = { name: "mi-0123456789ab", port: { externalIds: { taas: "1" } } };
  const ports = [{ name: "a" }, { name: "b" }, ours];
  const facts = observed({ name: "br-int", ports, row: { mirrors: mirrors.map(({ uuid }) => uuid) } });
  return { ...facts, mirrors: Object.fromEntries(mirrors.map((mirror) => [mirror.uuid, mirror])) };
}

describe("the plan of Mirrors", () => {
  const plan = (desired: DesiredMirror[], ...mirrors: MirrorFacts[]) =>
    planMirrors(desired, host(...mirrors), new Set(desired.map(({ name }) => name)));

  it("changes nothing that is as it should be", () => {
    expect(plan([wanted], row)).to.deep.equal([]);
  });

  it("adds and removes members one by one, and never writes a column as a whole", () => {
    const [change, ...others] = plan([wanted], {
      ...row,
      selectSrcPort: [port("a"), port("x")],
      selectDstPort: [],
    });
    expect(others).to.deep.equal([]);
    expect(change).to.deep.include({ what: "altered mirror taas-0123456789ab on br-int", owners: ["o"] });
    expect(change!.operations).to.deep.equal([
      {
        op: "mutate",
        table: "Mirror",
        where: [["_uuid", "==", ["uuid", mirrorId("1")]]],
        mutations: [
          ["select_src_port", "delete", ["set", [["uuid", port("x")]]]],
          ["select_src_port", "insert", ["set", [["uuid", port("b")]]]],
          ["select_dst_port", "insert", ["set", [["uuid", port("b")]]]],
        ],
      },
    ]);
  });

  const several: DesiredMirror = {
    ...wanted,
    sources: [{ selector: { name: "*" }, bridges: ["br-int", "br-tap"], vlan: "strip", columns: [] }],
    selected: new Map([[port("b"), ["o2"]]]),
  };

  it("names the ports that are added and removed by a flow's selector, and repairs all with the first", () => {
    const changes = plan([several], { ...row, selectSrcPort: [], selectDstPort: [port("mi-0123456789ab")] });
    expect(changes.map(({ what, owners }) => [what, owners])).to.deep.equal([
      ["port a is not tapped", ["o"]],
      ["port b matches and is not tapped", ["o2"]],
      ["port mi-0123456789ab is tapped and does not match", ["o"]],
    ]);
    expect(changes.map(({ operations }) => operations.length)).to.deep.equal([1, 0, 0]);
  });

  it("reports the Mirror if more of it differs than its ports", () => {
    const [change, ...others] = plan([several], { ...row, selectSrcPort: [], selectAll: true });
    expect([change!.what, others.length]).to.deep.equal(["altered mirror taas-0123456789ab on br-int", 0]);
    expect(change!.operations).to.have.length(2);
  });

  for (const [what, differs] of Object.entries({
    "selects all": { selectAll: true },
    "selects a VLAN": { selectVlan: [7] },
    "outputs to a VLAN": { outputVlan: 7 },
    "cuts its copies": { snaplen: 100 },
    "outputs elsewhere": { outputPort: port("a") },
    "outputs nowhere": { outputPort: undefined },
  } satisfies Record<string, Partial<MirrorFacts>>)) {
    it(`corrects one that ${what}`, () => {
      const [change] = plan([wanted], { ...row, ...differs });
      expect(change!.operations).to.have.length(1);
      expect(change!.operations[0]).to.deep.include({
        op: "update",
        row: {
          select_all: false,
          select_vlan: ["set", []],
          output_vlan: ["set", []],
          snaplen: ["set", []],
          output_port: ["uuid", port("mi-0123456789ab")],
        },
      });
    });
  }

  it("removes a filter, a column that is not named where it is not set, because older releases lack it", () => {
    const [change] = plan([wanted], { ...row, filter: "icmp" });
    expect(change!.what).to.equal("altered mirror taas-0123456789ab on br-int");
    expect(change!.operations[0]).to.have.nested.property("row.filter").that.deep.equals(["set", []]);
    const [other] = plan([wanted], { ...row, selectAll: true });
    expect(other!.operations[0]).to.have.property("row").that.does.not.have.property("filter");
  });

  it("creates a missing one, marked as ours", () => {
    const [change] = plan([wanted]);
    expect(change!.what).to.equal("missing mirror taas-0123456789ab on br-int");
    const [insert, attach] = change!.operations;
    expect(insert).to.deep.include({ op: "insert", table: "Mirror" });
    expect(insert)
      .to.have.nested.property("row.external_ids")
      .that.deep.equals(["map", [["taas", "1"]]]);
    expect(attach).to.deep.include({ op: "mutate", table: "Bridge" });
  });

  it("deletes one of ours that nobody needs, by its row, and leaves others' alone whatever their name", () => {
    const foreign = { ...row, uuid: mirrorId("2"), externalIds: {} };
    const changes = plan([], row, foreign);
    expect(changes).to.have.length(1);
    expect(changes[0]!.operations).to.deep.equal([
      {
        op: "mutate",
        table: "Bridge",
        where: [["_uuid", "==", ["uuid", rowId("Bridge", "br-int")]]],
        mutations: [["mirrors", "delete", ["set", [["uuid", mirrorId("1")]]]]],
      },
    ]);
  });

  it("leaves somebody else's Mirror alone that is labelled with the key of our mark, or even with the mark", () => {
    const labelled = { ...row, name: "span", outputPort: port("b") };
    expect(plan([], { ...labelled, externalIds: { taas: "manual" } })).to.deep.equal([]);
    expect(plan([], labelled)).to.deep.equal([]);
    expect(plan([], { ...row, externalIds: { taas: "manual" } })).to.deep.equal([]);
  });

  it("deletes one of ours that somebody has renamed", () => {
    const changes = plan([wanted], { ...row, name: "renamed" });
    expect(changes.map(({ what }) => what)).to.deep.equal([
      "unexpected mirror renamed on br-int",
      "missing mirror taas-0123456789ab on br-int",
    ]);
  });

  it("keeps one of two of ours with the same name", () => {
    const changes = plan([wanted], row, { ...row, uuid: mirrorId("2") });
    expect(changes.map(({ what }) => what)).to.deep.equal(["unexpected mirror taas-0123456789ab on br-int"]);
  });
});
