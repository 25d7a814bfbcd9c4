import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { KINDS } from "../../provider/face/computed";
import { packageSchema } from "../../scripts/packageSchema/packageSchema";
import type { EnumSpec, ObjectSpec, PropertySpec, TypeSpec } from "../../scripts/packageSchema/typeSpecs";
import { repositoryRoot } from "../engine/fixtureProject";

const schema = packageSchema(repositoryRoot());

const types = Object.entries(schema.types);
const objects = types.filter((entry): entry is [string, ObjectSpec] => entry[1].type === "object");
const choices = types.filter((entry): entry is [string, EnumSpec] => entry[1].type === "string");

interface Properties {
  /** Where they are in the schema. */
  place: string;
  properties: Record<string, PropertySpec>;
  required: string[];
}

/** All property maps of the schema. */
const maps: Properties[] = [
  ...[
    { place: "config", properties: schema.config.variables, required: [] },
    { place: "provider", properties: schema.provider.inputProperties, required: [] },
  ],
  ...Object.entries(schema.resources).flatMap(([token, one]) => [
    { place: token, properties: one.properties, required: one.required ?? [] },
    { place: `${token} inputs`, properties: one.inputProperties, required: one.requiredInputs ?? [] },
  ]),
  ...Object.entries(schema.functions).flatMap(([token, one]) => [
    { place: `${token} inputs`, ...one.inputs },
    { place: `${token} outputs`, ...one.outputs },
  ]),
  ...objects.map(([place, { properties, required = [] }]) => ({ place, properties, required })),
];

const PRIMITIVES: Readonly<Record<string, string>> = {
  ...{ string: "string", boolean: "boolean", integer: "number", number: "number" },
};

/** What a type must be by Pulumi's metaschema (pkg/codegen/schema/pulumi.json, TypeSpec). */
function complaints(spec: TypeSpec): string[] {
  const { type, $ref, oneOf, items, additionalProperties } = spec;
  if (oneOf !== undefined && type !== undefined) return isRelaxed(spec) ? [] : ["is a type and a choice"];
  if ([$ref, oneOf, type].filter((one) => one !== undefined).length !== 1) return ["is not one type"];
  if ($ref !== undefined)
    return $ref === "pulumi.json#/Any" || $ref.replace("#/types/", "") in schema.types ? [] : [`has ${$ref}`];
  if (oneOf !== undefined) return oneOf.length < 2 ? ["is no choice"] : oneOf.flatMap(complaints);
  if (type === "array") return items === undefined ? ["has no items"] : complaints(items);
  if (type === "object")
    return additionalProperties === undefined ? ["is a map of nothing"] : complaints(additionalProperties);
  return type! in PRIMITIVES ? [] : [`is a ${type}`];
}

/** Whether there is a choice somewhere in a type of which a list is one. */
function isPerhapsList({ oneOf, items, additionalProperties }: TypeSpec): boolean {
  const inner = [...(oneOf ?? []), items, additionalProperties].filter((spec) => spec !== undefined);
  return (oneOf ?? []).some(({ type }) => type === "array") || inner.some(isPerhapsList);
}

/** The object types that a type consists of. */
function objectsIn({ $ref, oneOf, items, additionalProperties }: TypeSpec): ObjectSpec[] {
  const inner = [...(oneOf ?? []), items, additionalProperties].filter((spec) => spec !== undefined);
  const named = objects.filter(([token]) => $ref === `#/types/${token}`).map(([, object]) => object);
  const within = named.flatMap(({ properties }) => Object.values(properties));
  return [...named, ...[...inner, ...within].flatMap(objectsIn)];
}

/** Whether a type is a text or one of the values of an enumeration, of which languages make a type that takes plain texts as well. */
function isRelaxed({ type, oneOf }: TypeSpec): boolean {
  const [plain, { $ref } = {}] = oneOf!;
  const named = choices.some(([token]) => $ref === `#/types/${token}`);
  return oneOf!.length === 2 && type === "string" && plain!.type === "string" && named;
}

describe("the package schema", () => {
  it("is what the options and their doc comments come to (else: npm run build, npm run generate)", () => {
    const stored = readFileSync(join(repositoryRoot(), "plugin/schema.json"), "utf8");
    expect(JSON.parse(stored)).to.deep.equal(JSON.parse(JSON.stringify(schema)));
  });

  it("has every kind of resource, and the type it has as a dynamic resource as an alias", () => {
    expect(Object.keys(schema.resources)).to.deep.equal(KINDS.map((kind) => `taas:index:${kind}`));
    for (const kind of KINDS)
      expect(schema.resources[`taas:index:${kind}`]!.aliases).to.deep.equal([
        { type: `pulumi-nodejs:dynamic/taas:${kind}` },
      ]);
  });

  it("names its parts as Pulumi's metaschema requires", () => {
    expect(schema.name).to.match(/^[a-zA-Z][-a-zA-Z0-9_]*$/);
    expect(schema.version).to.match(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    const tokens = [schema.types, schema.resources, schema.functions].flatMap(Object.keys);
    for (const token of tokens) expect(token).to.match(/^taas:index:[A-Za-z]\w*$/);
  });

  for (const { place, properties, required } of maps) {
    it(`has types, texts and defaults that agree in ${place}`, () => {
      expect(Object.keys(properties)).to.include.members(required);
      for (const [name, spec] of Object.entries(properties)) {
        expect(complaints(spec), name).to.deep.equal([]);
        expect(spec.description, `what ${name} is`).to.match(/^[A-Z`].*\.$/);
        expect(["id", "urn", "pulumi", "version"], name).to.not.include(name);
        if (spec.default === undefined) continue;
        expect(typeof spec.default, name).to.equal(PRIMITIVES[spec.type!]);
        expect(required, `${name} has a default`).to.not.include(name);
      }
    });
  }

  it("defines the values that a text may have as an enumeration, with names that are identifiers in every language", () => {
    expect(choices.map(([token]) => token)).to.include.members(
      ["CollectorType", "HostTransport", "TapFlowDirection", "TapServiceAttachment"].map(
        (name) => `taas:index:${name}`,
      ),
    );
    for (const [token, { enum: values }] of choices) {
      expect(new Set(values.map(({ value }) => value)), token).to.have.property("size", values.length);
      for (const { name, value } of values) expect(name ?? value, token).to.match(/^[A-Za-z][A-Za-z0-9]*$/);
    }
    expect(schema.types["taas:index:TapServiceAttachment"]).to.deep.equal({
      type: "string",
      enum: [
        { name: "TapBridge", value: "tap-bridge" },
        { name: "IntegrationBridge", value: "integration-bridge" },
      ],
    });
  });

  it("has names that each language can write in its own style, and read back", () => {
    const reserved = [
      "as",
      "class",
      "def",
      "default",
      "from",
      "func",
      "global",
      "import",
      "in",
      "lambda",
      "pass",
      "range",
      "with",
    ];
    for (const { place, properties } of maps)
      for (const name of Object.keys(properties)) {
        expect(name, place).to.match(/^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)*$/);
        expect(reserved, place).to.not.include(name);
      }
  });

  it("has no choice of a list and something else, of which Pulumi's SDK for Python refuses every list", () => {
    for (const { place, properties } of maps)
      for (const [name, spec] of Object.entries(properties))
        expect(isPerhapsList(spec), `${name} of ${place}`).to.equal(false);
    const { filter } = schema.resources["taas:index:TapFlow"]!.inputProperties;
    expect(filter).to.include({ $ref: "pulumi.json#/Any" });
  });

  it("gives no object that comes out a property with the name of a method of Python's dictionaries", () => {
    const methods = ["clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault"];
    const outputs = [
      ...Object.values(schema.resources).map(({ properties }) => properties),
      ...Object.values(schema.functions).map((one) => one.outputs.properties),
    ];
    const comingOut = outputs.flatMap((properties) => Object.values(properties)).flatMap(objectsIn);
    expect(comingOut).to.include(schema.types["taas:index:Count"]);
    for (const { description, properties } of comingOut)
      for (const method of [...methods, "update", "values"])
        expect(properties, description).to.not.have.property(method);
  });

  it("makes each SDK request the plugin of its own version", () => {
    const { nodejs, python, go, csharp } = schema.language;
    for (const language of [nodejs, python, go, csharp]) expect(language.respectSchemaVersion).to.equal(true);
    expect(python.pyproject.enabled, "setup.py is no longer run by pip").to.equal(true);
  });

  it("refers to each of its types", () => {
    const referred = new Set(
      [...JSON.stringify(schema).matchAll(/"#\/types\/([^"]+)"/g)].map(([, token]) => token),
    );
    expect([...referred].sort()).to.deep.equal(types.map(([token]) => token).sort());
  });

  it("lets the outputs of one resource be the arguments of another in every language", () => {
    const any = { $ref: "pulumi.json#/Any" };
    const { TapService, TapFlow, MirrorTunnel } = {
      TapService: schema.resources["taas:index:TapService"]!,
      TapFlow: schema.resources["taas:index:TapFlow"]!,
      MirrorTunnel: schema.resources["taas:index:MirrorTunnel"]!,
    };
    expect(TapService.properties.ref).to.include(any);
    expect(MirrorTunnel.properties.ref).to.include(any);
    expect(TapFlow.inputProperties.service).to.include(any);
    expect(TapFlow.inputProperties.tunnel).to.include(any);
    for (const { properties } of [TapService, TapFlow]) expect(properties.host).to.include(any);
    expect(TapService.properties.collector).to.include(any);
    for (const { properties } of [TapService, TapFlow, MirrorTunnel])
      expect(properties.hosts!.items).to.deep.equal(any);
  });
});
