import type { DiffResponse } from "@pulumi/pulumi/proto/provider_pb";
import { expect } from "chai";
import { detailedDiff } from "../../../plugin/diff";
import { changedPaths } from "../../../provider/resource/changedPaths";
import type { DiffResult, Properties } from "../../../provider/resource/resource";

const UPDATE: DiffResult = { changes: true, replaces: [], deleteBeforeReplace: false };

/** The paths of a diff with the number that the protocol has for what became of each. */
function details(response: DiffResponse): Record<string, number> {
  const entries: [string, number][] = [];
  response.getDetaileddiffMap().forEach((diff, path) => {
    entries.push([path, diff.getKind()]);
  });
  return Object.fromEntries(entries.sort());
}

function diff(inputs: Properties, news: Properties, result = UPDATE, outputs: Properties = inputs) {
  return detailedDiff(result, { outputs, inputs }, news);
}

describe("the plugin's diff", () => {
  for (const [what, olds, news, expected] of [
    ["a member of an object", { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, [["a.c", "update"]]],
    ["an element of a list", { a: [1, 2] }, { a: [1, 3] }, [["a[1]", "update"]]],
    [
      "elements more and fewer",
      { a: [1], b: [1, 2] },
      { a: [1, 2], b: [1] },
      [
        ["a[1]", "add"],
        ["b[1]", "delete"],
      ],
    ],
    [
      "a property more and one less",
      { a: 1 },
      { b: 1 },
      [
        ["a", "delete"],
        ["b", "add"],
      ],
    ],
    ["another type of value", { a: { b: 1 } }, { a: "x" }, [["a", "update"]]],
    ["a name that is no word", { a: { "x.y": 1 } }, { a: { "x.y": 2 } }, [['a["x.y"]', "update"]]],
    ["nothing where null is nothing", { a: null, b: { d: 1, c: 2 } }, { b: { c: 2, d: 1 } }, []],
  ] as const) {
    it(`reports ${what} by its path`, () => {
      expect(changedPaths(olds, news)).to.deep.equal(expected);
    });
  }

  it("has each path once with its kind of change, and the properties that contain them", () => {
    const response = diff({ filter: [{ port: 1 }], rules: ["x"] }, { filter: [{ port: 2 }], rules: ["y"] });
    expect(response.getHasdetaileddiff()).to.equal(true);
    expect(details(response)).to.deep.equal({ "filter[0].port": 4, "rules[0]": 4 });
    expect(response.getDiffsList()).to.deep.equal(["filter", "rules"]);
  });

  it("says for a path whether it replaces", () => {
    const host = (address: string) => ({ name: "one", address });
    const result = { ...UPDATE, replaces: ["host"] };
    const response = diff({ host: host("a"), port: "p" }, { host: host("b"), port: "q" }, result);
    expect(details(response)).to.deep.equal({ "host.address": 5, port: 4 });
    expect(response.getReplacesList()).to.deep.equal(["host"]);
  });

  it("ignores the engine's properties, the dynamic provider's code, a reference's parts, and how hosts are reached", () => {
    const host = { name: "one", address: "a", user: "root" };
    const olds = { host, ref: { owner: "a" }, __provider: "code", owner: "a" };
    const news = { host: { ...host, user: "admin" }, ref: { owner: "b" }, __defaults: [], owner: "b" };
    expect(details(diff(olds, news))).to.deep.equal({ owner: 4 });
  });

  it("contains the status if nothing else differs: it has drifted", () => {
    const inputs = { port: "p" };
    const response = diff(inputs, inputs, UPDATE, { ...inputs, status: "drifted: x" });
    expect(details(response)).to.deep.equal({ status: 4 });
  });

  it("contains computed properties if the inputs are the same and they are not, as after an import", () => {
    const inputs = { port: "p", owner: "b" };
    const response = diff(inputs, inputs, UPDATE, { port: "p", owner: "a", status: "active" });
    expect(details(response)).to.deep.equal({ owner: 4 });
  });

  it("is empty if there is no change", () => {
    const response = diff({ attachTimeout: 1 }, { attachTimeout: 2 }, { ...UPDATE, changes: false });
    expect([response.getChanges(), details(response)]).to.deep.equal([1, {}]);
  });
});
