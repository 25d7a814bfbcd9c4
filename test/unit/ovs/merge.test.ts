import { expect } from "chai";
import fc from "fast-check";
import { modifyRow, patched, readRow, toggled } from "../../../provider/ovs/merge";

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const uuids = (...digits: number[]) => ["set", digits.map((digit) => ["uuid", id(digit)])];

describe("the difference of a set", () => {
  for (const [what, before, change, after] of [
    ["adds what was not there", ["a"], ["b"], ["a", "b"]],
    ["removes what was there", ["a", "b"], ["a"], ["b"]],
    ["does both at once", ["a", "c"], ["b", "c"], ["a", "b"]],
    ["comes to nothing", ["a"], ["a"], []],
    ["keeps the order that sets are read in", ["b", "d"], ["c", "a"], ["a", "b", "c", "d"]],
    ["is of numbers as well", [2, 10], [9, 2], [9, 10]],
  ] as const) {
    it(what, () => expect(toggled(before, change)).to.deep.equal(after));
  }

  it("is undone by itself", () => {
    const members = fc.uniqueArray(fc.string()).map((texts) => texts.sort((a, b) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(members, members, (before, change) => {
        expect(toggled(toggled(before, change), change)).to.deep.equal(before);
      }),
    );
  });
});

describe("the difference of a map", () => {
  for (const [what, before, change, after] of [
    ["adds a pair", { a: "1" }, { b: "2" }, { a: "1", b: "2" }],
    ["removes a pair that it has as it was", { a: "1", b: "2" }, { a: "1" }, { b: "2" }],
    ["gives a pair another value", { a: "1" }, { a: "2" }, { a: "2" }],
    ["takes a name of JavaScript's for a key like any", {}, { constructor: "x" }, { constructor: "x" }],
  ] as const) {
    it(what, () => expect(patched(before, change)).to.deep.equal(after));
  }
});

describe("a row", () => {
  it("has its columns' defaults if the server omits them", () => {
    expect(readRow("Port", { name: "p1" }, "host1")).to.deep.equal({
      name: "p1",
      interfaces: [],
      tag: undefined,
      trunks: [],
      vlan_mode: undefined,
      external_ids: {},
      other_config: {},
    });
    expect(readRow("Mirror", {}, "host1").select_all).to.equal(false);
  });

  const port = readRow(
    "Port",
    { name: "p1", interfaces: uuids(1), tag: 7, trunks: ["set", [1, 2]] },
    "host1",
  );
  for (const [what, change, after] of [
    ["takes the new value of a column of one", { name: "p2" }, { name: "p2" }],
    ["takes the new value of an optional column, and none", { tag: 8 }, { tag: 8 }],
    ["has nothing in an optional column that was emptied", { tag: ["set", []] }, { tag: undefined }],
    ["takes the difference of a set, though it be of one", { trunks: 2 }, { trunks: [1] }],
    ["takes the difference of references", { interfaces: uuids(1, 2) }, { interfaces: [id(2)] }],
    ["takes the difference of a map", { external_ids: ["map", [["a", "b"]]] }, { external_ids: { a: "b" } }],
    ["passes over a column that nobody asked for", { status: "up" }, {}],
  ] as const) {
    it(what, () => {
      const next = modifyRow("Port", port, change, "host1");
      expect(next).to.deep.equal({ ...port, ...after });
    });
  }

  it("that changes keeps the values of its other columns as the very same objects", () => {
    const next = modifyRow("Port", port, { tag: 9 }, "host1");
    expect(next.trunks).to.equal(port.trunks);
    expect(port.tag).to.equal(7);
  });

  it("is the same object if only columns that nobody asked for have changed, though they be named as JavaScript's own", () => {
    const change = { statistics: ["map", [["tx_packets", 7]]], constructor: 1 };
    expect(modifyRow("Port", port, change, "host1")).to.equal(port);
  });

  it("is refused with the column's name if a value has the wrong type", () => {
    expect(() => readRow("Port", { tag: "x" }, "host1")).to.throw(
      /host host1: .*Port\.tag instead of an integer/,
    );
    expect(() => modifyRow("Port", port, { interfaces: "x" }, "host1")).to.throw(/Port\.interfaces/);
  });
});
