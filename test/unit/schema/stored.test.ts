import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { claim, claimOf } from "../../../provider/schema/claim";
import { knownPart, withUnknownPart } from "../../../provider/schema/stored";
import { repositoryRoot } from "../../engine/fixtureProject";

type Json = Record<string, unknown>;

const written = ["monitors", "sources", "treatments"].flatMap((name) => {
  const path = join(repositoryRoot(), `test/unit/model/golden/${name}.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { claims: Json[] }).claims;
});

/** A field that no release has yet. */
const LATER = "fieldOfALaterRelease";

/** The objects in a value, itself included, but for maps whose keys mean something. */
function objectsIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== "object" || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objectsIn)];
}

/** Claims with a field more in each of some of their objects. */
const extended = fc.constantFrom(...written).chain((one) => {
  const total = objectsIn(one).length;
  return fc.subarray([...Array(total).keys()], { minLength: 1 }).map((chosen) => {
    const copy = structuredClone(one);
    for (const index of chosen) objectsIn(copy)[index]![LATER] = { index };
    return { one, copy };
  });
});

const kindOf = (value: Json) => claimOf[value.kind as keyof typeof claimOf];

describe("a claim with fields of a later release", () => {
  it("is parsed with all of them, at whatever level they are", () => {
    fc.assert(fc.property(extended, ({ copy }) => void expect(claim.parse(copy)).to.deep.equal(copy)));
  });

  it("is compared by what this release knows of it", () => {
    fc.assert(
      fc.property(extended, ({ one, copy }) => void expect(knownPart(kindOf(one), copy)).to.deep.equal(one)),
    );
  });

  it("keeps them when its own resource writes it again", () => {
    const before = { ...written.find(({ kind }) => kind === "flow")!, [LATER]: 1 } as Json;
    before.source = { ...(before.source as Json), [LATER]: 2 };
    const next = { ...before, description: "new", [LATER]: undefined } as Json;
    delete next[LATER];
    next.source = { ...(before.source as Json), enabled: false };
    delete (next.source as Json)[LATER];
    const kept = withUnknownPart(kindOf(before), next, before) as Json;
    expect(kept).to.deep.equal({ ...next, [LATER]: 1, source: { ...(next.source as Json), [LATER]: 2 } });
  });
});
