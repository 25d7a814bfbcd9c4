import type { Documented } from "./docComments";

/** JSON Schema, as far as zod writes it for our options. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  anyOf?: JsonSchema[];
  enum?: unknown[];
  default?: unknown;
  description?: string;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** A type in a package schema (Pulumi's metaschema, TypeSpec). */
export interface TypeSpec {
  type?: string;
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  oneOf?: TypeSpec[];
}

/** A property in a package schema. */
export interface PropertySpec extends TypeSpec {
  description?: string;
  default?: unknown;
}

/** The values that a text may have, in a package schema. */
export interface EnumSpec {
  type: "string";
  enum: { name?: string; value: string }[];
}

/** An object type in a package schema. */
export interface ObjectSpec {
  type: "object";
  description?: string;
  properties: Record<string, PropertySpec>;
  required?: string[];
}

/** A value of whatever type. */
export const ANY: TypeSpec = { $ref: "pulumi.json#/Any" };

/** Where a program's declarations have another name than the schema's types. */
const DECLARED: Readonly<Record<string, string>> = { Host: "HostArgs", Collector: "CollectorArgs" };

/** Turns JSON Schema into types of a package schema, and collects the types that these name. */
export class TypeSpecs {
  readonly types: Record<string, ObjectSpec | EnumSpec> = {};

  constructor(
    private readonly definitions: Readonly<Record<string, JsonSchema>>,
    private readonly documented: ReadonlyMap<string, Documented>,
  ) {}

  /** The type of a value; anything where it refers to what has no schema, such as the reference of a resource. */
  spec(schema: JsonSchema): TypeSpec {
    const name = /^#\/\$defs\/(\w+)$/.exec(schema.$ref ?? "")?.[1];
    const meant = name === undefined ? schema : this.definitions[name];
    return meant === undefined ? ANY : this.union(alternatives(meant), name);
  }

  /**
   * The properties of an object, each with what the members of a declaration tell of it, or itself without one. The values that
   * a property may have are a type named after the object and the property, such as `TapFlowDirection`.
   */
  properties(
    schema: JsonSchema,
    object: string,
    members: ReadonlyMap<string, string> | undefined,
  ): Record<string, PropertySpec> {
    const entries = Object.entries(schema.properties ?? {}).map(([name, property]) => {
      const description = withValues(members?.get(name) ?? property.description ?? "", property);
      const isConstant = ["string", "number", "boolean"].includes(typeof property.default);
      const told = description === "" ? {} : { description };
      const values = texts(property);
      const type =
        values === undefined ? this.spec(property) : this.choice(`${object}${capital(name)}`, values);
      const spec: PropertySpec = { ...type, ...told };
      return [name, isConstant ? { ...spec, default: property.default } : spec] as const;
    });
    return Object.fromEntries(entries);
  }

  /**
   * Objects that a value may be are one type, in which everything is optional that some of them lack. What may be a list or something
   * else is of any type: Pulumi's SDK for Python refuses every list where it expects a choice.
   */
  private union(branches: readonly JsonSchema[], name: string | undefined): TypeSpec {
    if (branches.length > 1 && branches.some(({ type }) => type === "array")) return ANY;
    const objects = branches.filter((branch) => branch.properties !== undefined);
    const specs = branches.filter((branch) => !objects.includes(branch)).map((branch) => this.plain(branch));
    if (objects.length > 0) specs.push(this.object(objects, name));
    const distinct = new Map(specs.map((spec) => [JSON.stringify(spec), spec]));
    const [first, ...others] = [...distinct.values()];
    return first === undefined ? ANY : others.length === 0 ? first : { oneOf: [first, ...others] };
  }

  /** One of some texts: a type of its own, in whose place every language also takes the plain text. */
  private choice(name: string, values: readonly string[]): TypeSpec {
    const token = `taas:index:${name}`;
    this.types[token] = {
      type: "string",
      enum: values.map((value) => (value.includes("-") ? { name: pascalCase(value), value } : { value })),
    };
    return { type: "string", oneOf: [{ type: "string" }, { $ref: `#/types/${token}` }] };
  }

  private object(branches: readonly JsonSchema[], name: string | undefined): TypeSpec {
    if (name === undefined) throw new Error(`an object without a name: ${JSON.stringify(branches)}`);
    const token = `taas:index:${name}`;
    const $ref = `#/types/${token}`;
    const declared = this.documented.get(DECLARED[name] ?? name);
    if (declared === undefined) throw new Error(`no declaration of ${name}`);
    const all: JsonSchema = { properties: Object.assign({}, ...branches.map((branch) => branch.properties)) };
    const required = Object.keys(all.properties!).filter((property) =>
      branches.every((branch) => branch.required?.includes(property)),
    );
    this.types[token] = {
      type: "object",
      description: declared.text,
      properties: this.properties(all, name, declared.members),
      ...(required.length === 0 ? {} : { required }),
    };
    return { $ref };
  }

  private plain({ type, items, additionalProperties, ...schema }: JsonSchema): TypeSpec {
    if (schema.$ref !== undefined) return this.spec(schema);
    if (type === "array") return { type, items: this.spec(items ?? {}) };
    if (typeof additionalProperties === "object")
      return { type: "object", additionalProperties: this.spec(additionalProperties) };
    const whole = type === "number" && schema.enum?.every(Number.isInteger) === true;
    return typeof type === "string" ? { type: whole ? "integer" : type } : ANY;
  }
}

/** What a value may be: the branches of a choice, else the one thing. */
function alternatives(schema: JsonSchema): JsonSchema[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(alternatives);
  return Array.isArray(schema.type) ? schema.type.map((type) => ({ ...schema, type })) : [schema];
}

/** The texts that are allowed; undefined where it is not a choice of texts. */
function texts({ type, enum: values }: JsonSchema): string[] | undefined {
  return type === "string" && values !== undefined ? values.map(String) : undefined;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `tap-bridge` as a name of programs: `TapBridge`. */
function pascalCase(value: string): string {
  return value.split("-").map(capital).join("");
}

/** A description with the values that a text may have, unless it speaks of each. */
function withValues(description: string, schema: JsonSchema): string {
  const values = (schema.enum ?? []).map((value) =>
    typeof value === "string" ? `\`${value}\`` : `${value}`,
  );
  if (values.every((value) => description.includes(value))) return description;
  return `${description} One of ${values.join(", ")}.`.trim();
}
