import { TaasError } from "../provider/errors";
import type { Properties } from "../provider/resource/resource";
import { providerOptions, settingOptions } from "../provider/schema/settings";
import { hasUnknown } from "../provider/schema/unknown";
import type { Failure } from "../provider/schema/validate";
import { type ConfigOrigin, readSettings, type Settings } from "../provider/settings";
import { namedEach } from "./fieldNames";

/** The configuration of a provider. */
export interface Configuration {
  settings: Settings;
  /** The organization of the stack, part of owner keys; the engine does not tell it to a plugin. */
  organization: string;
}

/** Arguments that the engine adds to those of a provider. */
const ENGINES: ReadonlySet<string> = new Set(["version", "pluginDownloadURL"]);

const ORGANIZATION = "organization";

const origin: ConfigOrigin = {
  source: "provider configuration",
  prefix: "",
  correct: (key) =>
    `Correct the argument ${key} of the provider; of the default one: pulumi config set taas:${key} ...`,
};

/** Reads a provider's arguments like the stack's configuration: every value as a text. */
function reader(args: Properties): (key: string) => string | undefined {
  return (key) => {
    const value = args[key.replace(/^taas:/, "")] ?? undefined;
    return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
  };
}

/**
 * The parsed value of a text if it is JSON for a text or an object, else the value itself: SDKs send every argument of
 * a provider as JSON.
 */
function unquoted(value: unknown): unknown {
  if (typeof value !== "string" || !/^["{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A provider's arguments as values, with the fields of hosts under their schema names. */
function decoded(args: Properties): Properties {
  const entries = Object.entries(args).map(([name, value]) => {
    const plain = unquoted(value);
    return [name, name === "hosts" ? namedEach(plain) : plain] as const;
  });
  return Object.fromEntries(entries);
}

/** Whether a provider has an argument of a name, or the engine adds one. */
export function isArgument(name: string): boolean {
  return name.startsWith("__") || ENGINES.has(name) || Object.hasOwn(providerOptions, name);
}

/**
 * Whether a provider is the default one of a project that has the same name as this package. The engine passes it all
 * of the stack's configuration in the namespace `taas`; keys that are not arguments belong to the program.
 */
export function isOfNamesake(urn: string): boolean {
  const [, project, , name = ""] = urn.split("::");
  return project === "taas" && /^default(_|$)/.test(name);
}

/** Why a provider's arguments are refused, each failure with its property. Unknown values are not checked. */
export function checkConfiguration(args: Properties): Failure[] {
  const known = Object.entries(decoded(args)).filter(([, value]) => value !== null && !hasUnknown(value));
  return known.flatMap(([property, value]) => {
    try {
      if (!isArgument(property)) throw unknownArgument(property);
      if (property === ORGANIZATION) organizationOf({ organization: value });
      if (Object.hasOwn(settingOptions, property)) readSettings(reader({ [property]: value }), origin);
      return [];
    } catch (error) {
      return [{ property, reason: (error as Error).message }];
    }
  });
}

function unknownArgument(name: string): TaasError {
  return new TaasError(
    `unknown argument ${name}; the arguments are ${Object.keys(providerOptions).join(", ")}`,
    { code: "invalid-config" },
  );
}

function organizationOf({ organization }: Properties): string {
  const parsed = providerOptions.organization.safeParse(organization || undefined);
  if (parsed.success) return parsed.data;
  throw new TaasError(`${ORGANIZATION} must be a text`, { code: "invalid-config" });
}

/** Reads a provider's arguments. Throws `invalid-config`. */
export function readConfiguration(args: Properties): Configuration {
  const values = decoded(args);
  return { settings: readSettings(reader(values), origin), organization: organizationOf(values) };
}
