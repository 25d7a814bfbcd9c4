import { expect } from "chai";
import { assert, constantFrom, dictionary, oneof, property, shuffledSubarray, string } from "fast-check";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import { guard, updateClaims, writeClaim } from "../../../provider/plan/claims";
import { planTapBridge } from "../../../provider/plan/tapBridge";
import type { Claim } from "../../../provider/schema/claim";
import { observed } from "../model/observed";

const claim = {
  ...{ format: 1, kind: "service", owner: "o/p/s/TapService/ids", token: "t", writer: "w", time: "2026" },
  ...{
    tunnelId: 7,
    ports: ["tap-ids"],
    distribution: "copy",
    attachment: "tap-bridge",
    integrationBridge: "br-int",
  },
} as Claim;

describe("a written claim", () => {
  it("has sorted fields and omits absent ones", () => {
    expect(writeClaim({ ...claim, pending: undefined, tenant: "red" } as Claim)).to.equal(
      '{"attachment":"tap-bridge","distribution":"copy","format":1,"integrationBridge":"br-int","kind":"service",' +
        '"owner":"o/p/s/TapService/ids","ports":["tap-ids"],"tenant":"red","time":"2026","token":"t","tunnelId":7,"writer":"w"}',
    );
  });

  it("is the same text in whatever order its fields were given, at any depth, and keeps the order of lists", () => {
    const nested = { ports: [{ vnic: 1, vmUuid: "v" }], wire: { b: { ofport: 1, bridge: "x" }, a: null } };
    const turned = { wire: { a: null, b: { bridge: "x", ofport: 1 } }, ports: [{ vmUuid: "v", vnic: 1 }] };
    expect(writeClaim(nested as unknown as Claim)).to.equal(writeClaim(turned as unknown as Claim));
    const list = (ports: string[]) => writeClaim({ ...claim, ports } as Claim);
    expect(list(["a", "b"])).not.to.equal(list(["b", "a"]));
    const keys = Object.keys(claim);
    assert(
      property(shuffledSubarray(keys, { minLength: keys.length }), (order) => {
        const shuffled = Object.fromEntries(order.map((key) => [key, claim[key as keyof Claim]]));
        return writeClaim(shuffled as unknown as Claim) === writeClaim(claim);
      }),
    );
  });

  it("is parsed back as it was", () => {
    assert(
      property(dictionary(string(), oneof(string(), constantFrom(1, true, null))), (fields) => {
        const { __proto__: _, ...plain } = fields;
        expect(JSON.parse(writeClaim(plain as unknown as Claim))).to.deep.equal(plain);
      }),
    );
  });
});

describe("an update of claims", () => {
  const key = "taas:o/p/s/TapService/ids";
  const update = (externalIds: Record<string, string>, claims: Claim[]) => {
    const [bridge] = observed({ name: "br-tap", ports: [], row: { externalIds } }).bridges;
    const byOwner = new Map(claims.map((one) => [one.owner, one]));
    const read = { claims: new Map(), generation: 4, bridge };
    const operation = updateClaims(bridge!, { claims: byOwner, read }, { "taas-generation": "5" }).at(-1);
    return (operation as { mutations: [string, string, unknown][] }).mutations;
  };

  it("writes the keys that changed and no other, whoever else's keys exist", () => {
    const present = { "taas-renderer": "1", [key]: "old", "taas:gone": "x", "somebody:key": "y" };
    expect(update(present, [claim])).to.deep.equal([
      ["external_ids", "delete", ["set", [key, "taas:gone"]]],
      ["external_ids", "insert", ["map", [[key, writeClaim(claim)]]]],
      ["other_config", "delete", ["set", ["taas-generation"]]],
      ["other_config", "insert", ["map", [["taas-generation", "5"]]]],
    ]);
  });

  it("keeps the text of an unchanged claim, whoever wrote it and how", () => {
    const text = ` ${JSON.stringify({ ...claim, notYetKnown: { since: [1] } })}`;
    const externalIds = { "taas-renderer": "1", [key]: text };
    const facts = observed({ name: "br-tap", ports: [], row: { externalIds } });
    const read = readClaims(facts, "br-tap", "host1");
    const other = { ...claim, owner: "o/p/s/TapService/other", tunnelId: 8 } as Claim;
    const claims = new Map([...read.claims, [other.owner, other]]);
    const operation = updateClaims(read.bridge!, { claims, read }, { "taas-generation": "5" }).at(-1);
    const { mutations } = operation as { mutations: [string, string, unknown][] };
    expect(mutations.slice(0, 2)).to.deep.equal([
      ["external_ids", "delete", ["set", []]],
      ["external_ids", "insert", ["map", [[`taas:${other.owner}`, writeClaim(other)]]]],
    ]);
  });

  it("counts even if no claim changed", () => {
    const mutations = update({ "taas-renderer": "1", [key]: writeClaim(claim) }, [claim]);
    expect(mutations.slice(0, 2)).to.deep.equal([
      ["external_ids", "delete", ["set", []]],
      ["external_ids", "insert", ["map", []]],
    ]);
    expect(mutations[3]).to.deep.equal(["other_config", "insert", ["map", [["taas-generation", "5"]]]]);
  });
});

describe("the guard of a transaction", () => {
  it("compares the whole column if a count was deleted by hand", () => {
    const counts: Record<string, string>[] = [{ "taas-generation": "5" }, { "taas-writes": "8" }, {}];
    for (const otherConfig of counts) {
      const row = { externalIds: { "taas-renderer": "1" }, otherConfig };
      const [bridge] = observed({ name: "br-tap", ports: [], row }).bridges;
      const { rows } = guard(bridge, "br-tap") as { rows: unknown[] };
      expect(rows).to.deep.equal([{ other_config: ["map", Object.entries(otherConfig)] }]);
    }
  });

  for (const text of ["5", "05", " 5", ""]) {
    it(`holds if the count of changes is ${JSON.stringify(text)}, and the count is then written again`, () => {
      const otherConfig = { "taas-generation": text, "taas-writes": "8" };
      const row = { externalIds: { "taas-renderer": "1" }, otherConfig };
      const facts = observed({ name: "br-tap", ports: [], row });
      const read = readClaims(facts, "br-tap", "host1");
      const wanted = (guard(read.bridge, "br-tap") as { where: unknown[] }).where;
      expect(wanted).to.deep.include(["other_config", "includes", ["map", Object.entries(otherConfig)]]);
      const drift = planTapBridge(read, render(new Map(), facts, "br-tap")).map(({ what }) => what);
      const lost = "bridge br-tap lacks a count of changes in other_config:taas-generation";
      expect(drift.includes(lost)).to.equal(text !== "5");
    });
  }
});
