import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Unwrap } from "@pulumi/pulumi";
import * as z from "zod";
import { flowArgs, flowComputed } from "../../provider/schema/flow";
import { type FunctionName, functionArgs } from "../../provider/schema/functions";
import { monitorPortArgs, monitorPortComputed } from "../../provider/schema/monitorPort";
import type { Options } from "../../provider/schema/options";
import { serviceArgs, serviceComputed } from "../../provider/schema/service";
import { providerOptions } from "../../provider/schema/settings";
import { tunnelArgs, tunnelComputed } from "../../provider/schema/tunnel";
import type { MirrorTunnelArgs, MonitorPort, MonitorPortArgs, TapFlowArgs, TapServiceArgs } from "../../sdk";
import { declaredObject } from "./declaredTypes";
import { type Documented, docComments } from "./docComments";
import { ANY, type JsonSchema, type PropertySpec, TypeSpecs } from "./typeSpecs";

/** What a program writes and what a schema takes, by name and type; but for references, for which a program has resources. */
type Referred = "service" | "tunnel";
type Written<Args> = Omit<{ [Name in keyof Args]: Unwrap<Passed<Args[Name]>> }, Referred>;
/** An argument as the SDK passes it on: it puts the port of a MonitorPort in its place. */
type Passed<Given> = Given extends MonitorPort
  ? never
  : Given extends (infer Item)[]
    ? Exclude<Item, MonitorPort>[]
    : Given;
type Taken<Chosen extends Options> = Omit<z.input<z.ZodObject<Chosen>>, Referred | "owner">;

/** The options of a schema, where the arguments that the SDK declares are the same; no type at all where they are not. */
type Agreeing<Args, Chosen extends Options> =
  Written<Args> extends Taken<Chosen>
    ? [keyof Taken<Chosen>] extends [keyof Args]
      ? [Exclude<keyof Args, Referred>] extends [keyof Taken<Chosen>]
        ? Chosen
        : never
      : never
    : never;

const RESOURCES: {
  TapService: { args: Agreeing<TapServiceArgs, typeof serviceArgs>; computed: Options };
  TapFlow: { args: Agreeing<TapFlowArgs, typeof flowArgs>; computed: Options };
  MirrorTunnel: { args: Agreeing<MirrorTunnelArgs, typeof tunnelArgs>; computed: Options };
  MonitorPort: { args: Agreeing<MonitorPortArgs, typeof monitorPortArgs>; computed: Options };
} = {
  TapService: { args: serviceArgs, computed: serviceComputed },
  TapFlow: { args: flowArgs, computed: flowComputed },
  MirrorTunnel: { args: tunnelArgs, computed: tunnelComputed },
  MonitorPort: { args: monitorPortArgs, computed: monitorPortComputed },
};

/** The objects that answers of functions consist of; programs have interfaces for them, and no schema checks them. */
const ANSWERS = [
  ...["TapStatistics", "HostStatistics", "CaptureStatistics", "RuleStatistics", "TunnelStatistics"],
  ...["ServiceStatistics", "Count"],
  ...["TapVerifications", "TapVerification", "StageVerification", "UnseenHost"],
];

/** Arguments as JSON Schema, without what no program gives. */
function jsonSchema(options: Options): JsonSchema {
  const { owner: _, ...given } = options;
  return z.toJSONSchema(z.object(given), { io: "input", unrepresentable: "any" }) as JsonSchema;
}

/** Only where it is not empty: `required` and the like. */
function unlessEmpty<Name extends string>(name: Name, list: string[]) {
  return (list.length === 0 ? {} : { [name]: list }) as Partial<Record<Name, string[]>>;
}

/**
 * Arguments that come out as records, which are of no type in particular. Languages have one type for an object that goes into a
 * resource and another for one that comes out, and a host that came out of one resource goes into another. In Python, the one that
 * comes out is a dictionary, which loses its own method `keys` to the property of a collector.
 */
const RECORDED: ReadonlySet<string> = new Set(["collector", "host", "hosts"]);

/** The type of an argument that comes out as a record, or as a list of them. */
function recorded({ description, items }: PropertySpec): PropertySpec {
  const told = description === undefined ? {} : { description };
  return items === undefined ? { ...told, ...ANY } : { ...told, type: "array", items: ANY };
}

/** A resource: its arguments, and as outputs these, what is computed from them, and what its class declares besides. */
function resource(
  kind: keyof typeof RESOURCES,
  specs: TypeSpecs,
  documented: ReadonlyMap<string, Documented>,
) {
  const { args, computed } = RESOURCES[kind];
  const schema = jsonSchema(args);
  const declared = documented.get(kind)!;
  const object = declaredObject(declared.node);
  const inputs = specs.properties(schema, kind, documented.get(`${kind}Args`)!.members);
  const others = { ...object, properties: { ...object.properties, ...jsonSchema(computed).properties } };
  const outputs = { ...inputs, ...specs.properties(others, kind, declared.members) };
  for (const [name, input] of Object.entries(inputs)) {
    const { default: _, ...property } = RECORDED.has(name) ? recorded(input) : input;
    outputs[name] = { ...property, description: declared.members.get(name) || input.description! };
  }
  const required = schema.required ?? [];
  const isThere = (name: string) =>
    name in object.properties!
      ? object.required!.includes(name)
      : required.includes(name) || schema.properties![name]!.default !== undefined;
  return {
    description: declared.text,
    inputProperties: inputs,
    ...unlessEmpty("requiredInputs", required),
    properties: outputs,
    ...unlessEmpty("required", Object.keys(outputs).filter(isThere)),
    aliases: [{ type: `pulumi-nodejs:dynamic/taas:${kind}` }],
  };
}

/** A function: its arguments, and the interface of its answer. */
function invoked(
  name: FunctionName,
  answer: string,
  specs: TypeSpecs,
  documented: ReadonlyMap<string, Documented>,
) {
  const [read, answered] = [documented.get(name)!, documented.get(answer)!];
  const schema = jsonSchema(functionArgs[name]);
  const outputs = declaredObject(answered.node);
  const pascal = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return {
    description: read.text,
    inputs: {
      type: "object",
      properties: specs.properties(schema, pascal, read.members),
      required: schema.required!,
    },
    outputs: {
      type: "object",
      properties: specs.properties(outputs, answer, answered.members),
      required: outputs.required!,
    },
  };
}

/** The package schema of the provider plugin, from the schemas of the options and the doc comments of the SDK. */
export function packageSchema(root: string) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // What programs call is told last, and stands.
  const folders = ["provider/statistics", "provider/verify", "sdk"];
  const documented = docComments(...folders.map((folder) => join(root, folder)));
  const answers = ANSWERS.map((name) => [name, declaredObject(documented.get(name)!.node)] as const);
  const all = { ...serviceArgs, ...flowArgs, ...tunnelArgs, ...monitorPortArgs, ...providerOptions };
  const definitions = { ...jsonSchema(all).$defs, ...Object.fromEntries(answers) };
  const specs = new TypeSpecs(definitions, documented);
  const kinds = Object.keys(RESOURCES) as (keyof typeof RESOURCES)[];
  const resources = kinds.map((kind) => [`taas:index:${kind}`, resource(kind, specs, documented)] as const);
  const config = specs.properties(jsonSchema(providerOptions), "Provider", undefined);
  const functions = {
    "taas:index:getTapStatistics": invoked("getTapStatistics", "TapStatistics", specs, documented),
    "taas:index:verifyTaps": invoked("verifyTaps", "TapVerifications", specs, documented),
  };
  const respectSchemaVersion = { respectSchemaVersion: true };
  return {
    name: "taas",
    displayName: "Tap as a Service",
    version: manifest.version as string,
    description: manifest.description as string,
    keywords: ["category/network", "kind/native", ...(manifest.keywords as string[])],
    license: manifest.license as string,
    language: {
      nodejs: respectSchemaVersion,
      python: { ...respectSchemaVersion, pyproject: { enabled: true } },
      go: respectSchemaVersion,
      csharp: respectSchemaVersion,
    },
    config: { variables: config },
    provider: { description: "How the hosts of a program are reached.", inputProperties: config },
    types: Object.fromEntries(Object.entries(specs.types).sort(([a], [b]) => (a < b ? -1 : 1))),
    resources: Object.fromEntries(resources),
    functions,
  };
}
