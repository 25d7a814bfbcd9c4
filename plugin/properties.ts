import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { COMPUTED, type Kind, secretProperties } from "../provider/face/computed";
import type { Properties } from "../provider/resource/resource";
import { UNKNOWN } from "../provider/schema/unknown";

/** The key that marks an object as having a special type (Pulumi's sdk/go/common/resource/sig). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The values that the engine sends for an unknown: one text for each type that it expects. */
const UNKNOWNS: ReadonlySet<unknown> = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Properties as the engine sent them, with plain values. */
export interface Received {
  values: Properties;
  /** Names of the properties that contain a secret. */
  secrets: ReadonlySet<string>;
}

/** Reads what the engine sent; an absent map is an empty one. Every unknown becomes `UNKNOWN`. */
export function receive(struct: Struct | undefined): Received {
  const secrets = new Set<string>();
  const entries = Object.entries(struct?.toJavaScript() ?? {}).map(([name, value]) => {
    const plain = read(value, () => secrets.add(name));
    return [name, plain] as const;
  });
  return { values: Object.fromEntries(entries), secrets };
}

function read(value: unknown, onSecret: () => void): unknown {
  if (UNKNOWNS.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map((item) => read(item, onSecret));
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && value[SIGNATURE] === SECRET) {
    onSecret();
    return read((value as Properties).value ?? null, onSecret);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, read(inner, onSecret)]));
}

/** Properties for the engine. `secrets`: names of those that it keeps secret. */
export function send(values: Properties, secrets: ReadonlySet<string>): Struct {
  const entries = Object.entries(values).map(([name, value]) => [
    name,
    secrets.has(name) ? { [SIGNATURE]: SECRET, value } : value,
  ]);
  return Struct.fromJavaScript(Object.fromEntries(entries));
}

/**
 * The names of a resource's properties that are secret, given those received: what is computed from a secret is secret,
 * too.
 */
export function secretsOf(kind: Kind, ...received: readonly Received[]): ReadonlySet<string> {
  return secretProperties(kind, new Set(received.flatMap(({ secrets }) => [...secrets])));
}

/**
 * The secret arguments among a resource's secret properties. A computed property may consist of words of this package,
 * such as `active`, which are not replaced in messages.
 */
export function secretArguments(kind: Kind, secrets: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...secrets].filter((name) => !COMPUTED[kind].includes(name)));
}
