import { expect } from "chai";
import { z } from "zod";
import { show } from "../../../provider/schema/reasons";
import { hasUnknown, UNKNOWN } from "../../../provider/schema/unknown";
import { validate } from "../../../provider/schema/validate";

const schema = {
  name: z.string(),
  size: z.int("must be a whole number").optional(),
  rules: z.array(z.strictObject({ port: z.int("must be a whole number") })).optional(),
  either: z
    .union(
      [z.string().min(3, "too short"), z.strictObject({ id: z.int("an id is a number") })],
      "a name or an id",
    )
    .optional(),
  owner: z.string(),
};
const good = { name: "x", owner: "o" };

describe("validation", () => {
  it("returns the schema's output for valid values, and omits what is not given", () => {
    const result = validate(schema, { ...good, rules: undefined, __provider: "code" });
    expect(result).to.deep.equal({ values: good, failures: [] });
  });

  it("says where in an argument something is wrong, and what was given", () => {
    const { failures } = validate(schema, { ...good, rules: [{ port: 1 }, { port: "2" }] });
    expect(failures).to.deep.equal([
      { property: "rules", reason: 'rules[1].port: must be a whole number (got "2")', isQuoting: true },
    ]);
  });

  it("reports the branch of a union that was meant, and what the union is if that is unclear", () => {
    const reasons = (either: unknown) =>
      validate(schema, { ...good, either }).failures.map(({ reason }) => reason);
    expect(reasons({ id: "a" })).to.deep.equal(['either.id: an id is a number (got "a")']);
    expect(reasons("ab")).to.deep.equal(['too short (got "ab")']);
    expect(reasons(5)).to.deep.equal(["a name or an id (got 5)"]);
    const misspelled = ["either.id: an id is a number (got undefined)", 'has no field "Id" (got {"Id":1})'];
    expect(reasons({ Id: 1 })).to.deep.equal(misspelled);
  });

  it("says in plain words what a value must be", () => {
    const kinds = { ...good, list: "x", flag: 1, count: 9, label: "long", kind: "c" };
    const { failures } = validate(
      {
        ...schema,
        list: z.array(z.string()),
        flag: z.boolean(),
        count: z.number().max(8),
        label: z.string().max(3),
        kind: z.enum(["a", "b"]),
      },
      kinds,
    );
    expect(failures.map(({ property, reason }) => `${property} ${reason}`)).to.deep.equal([
      'list must be a list (got "x")',
      "flag must be a boolean (got 1)",
      "count must be at most 8 (got 9)",
      'label must have at most 3 characters (got "long")',
      'kind must be "a" or "b" (got "c")',
    ]);
  });

  it("lists the known arguments, without the owner key, when one is unknown", () => {
    const { failures } = validate(schema, { ...good, nmae: 1 });
    expect(failures).to.deep.equal([
      { property: "nmae", reason: 'unknown argument "nmae"; the arguments are name, size, rules, either' },
    ]);
  });

  it("asks for what is missing", () => {
    expect(validate(schema, { owner: "o" }).failures).to.deep.equal([
      { property: "name", reason: "this argument is required" },
    ]);
  });

  it("passes a value that is or contains an unknown, and checks the others", () => {
    const rules = [{ port: UNKNOWN, extra: true }];
    const { values, failures } = validate(schema, { name: UNKNOWN, owner: "o", rules, size: 1.5 });
    expect(values).to.deep.equal({ name: UNKNOWN, owner: "o", rules });
    expect(failures).to.deep.equal([
      { property: "size", reason: "must be a whole number (got 1.5)", isQuoting: true },
    ]);
  });

  it("shortens long values", () => {
    expect(show("x".repeat(500)))
      .to.have.length(120)
      .and.match(/^"x+\.\.\.$/);
    expect(show(undefined)).to.equal("undefined");
  });

  it("finds unknowns at any depth", () => {
    expect(hasUnknown({ a: [{ b: UNKNOWN }] })).to.equal(true);
    expect(hasUnknown([UNKNOWN])).to.equal(true);
    expect(hasUnknown({ a: ["b", null, 1, { c: undefined }], [UNKNOWN]: 1 })).to.equal(false);
    expect(hasUnknown(`a ${UNKNOWN}`), "text around a sentinel is no unknown").to.equal(false);
  });
});
