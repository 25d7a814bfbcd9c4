import { TaasError } from "../errors";

/** An OVSDB atom in its wire format (RFC 7047 section 5.1). */
export type Atom = string | number | boolean | ["uuid", string] | ["named-uuid", string];
/** An OVSDB value in its wire format: an atom, a set or a map. A set of one may be written as its atom. */
export type Value = Atom | ["set", Atom[]] | ["map", [Atom, Atom][]];
/** Columns of one row, by name. */
export type Row = Record<string, Value>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the text of a UUID as OVSDB writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A reference to a row that exists. Throws if the text is not a UUID. */
export function uuid(text: string): ["uuid", string] {
  if (!isUuid(text)) throw new RangeError(`not a UUID: ${JSON.stringify(text)}`);
  return ["uuid", text];
}

/** A reference to the row that an insert of the same transaction names by `uuid-name`. */
export function namedUuid(name: string): ["named-uuid", string] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new RangeError(`not an OVSDB identifier: ${JSON.stringify(name)}`);
  }
  return ["named-uuid", name];
}

/** A set, or an optional column: empty, or with one member. */
export function set(atoms: readonly Atom[]): ["set", Atom[]] {
  return ["set", [...atoms]];
}

/** A map of strings, its keys in order. */
export function map(entries: Readonly<Record<string, string>>): ["map", [Atom, Atom][]] {
  const keys = Object.keys(entries).sort();
  return ["map", keys.map((key) => [key, entries[key]!])];
}

/** The input of the decoders: the parsed JSON of a column, and the names of column and host for errors. */
export type Encoded = { value: unknown; column: string; host: string | undefined };

/** Decodes a mandatory string. */
export function decodeString(encoded: Encoded): string {
  return typeof encoded.value === "string" ? encoded.value : refuse(encoded, "a string");
}

/** Decodes a mandatory integer that a JavaScript number holds exactly. */
export function decodeInteger(encoded: Encoded): number {
  return Number.isSafeInteger(encoded.value) ? (encoded.value as number) : refuse(encoded, "an integer");
}

/** Decodes a mandatory boolean. */
export function decodeBoolean(encoded: Encoded): boolean {
  return typeof encoded.value === "boolean" ? encoded.value : refuse(encoded, "a boolean");
}

/** Decodes a mandatory reference to a row. */
export function decodeUuid(encoded: Encoded): string {
  const { value } = encoded;
  if (Array.isArray(value) && value.length === 2 && value[0] === "uuid") {
    if (typeof value[1] === "string" && isUuid(value[1])) return value[1];
  }
  return refuse(encoded, "a UUID");
}

/** Decodes a set, with one of the decoders above for its members. The result is sorted and has no duplicates. */
export function decodeSet<T extends string | number>(
  encoded: Encoded,
  decodeMember: (encoded: Encoded) => T,
): T[] {
  const { value, column, host } = encoded;
  const isSet = Array.isArray(value) && value.length === 2 && value[0] === "set";
  if (isSet && !Array.isArray(value[1])) refuse(encoded, "a set");
  const members: unknown[] = isSet ? value[1] : [value];
  const decoded = members.map((member) => decodeMember({ value: member, column, host }));
  if (new Set(decoded).size !== decoded.length) refuse(encoded, "a set without duplicates");
  return decoded.sort(ascending);
}

/** Decodes an optional column: a set of at most one. */
export function decodeOptional<T extends string | number>(
  encoded: Encoded,
  decodeMember: (encoded: Encoded) => T,
): T | undefined {
  const members = decodeSet(encoded, decodeMember);
  return members.length > 1 ? refuse(encoded, "at most one value") : members[0];
}

/** Decodes a map of strings. Any key is kept as the host's own data, including `__proto__`. */
export function decodeMap(encoded: Encoded): Record<string, string> {
  const { value } = encoded;
  if (!Array.isArray(value) || value.length !== 2 || value[0] !== "map" || !Array.isArray(value[1])) {
    return refuse(encoded, "a map");
  }
  const pairs = new Map<string, string>();
  for (const pair of value[1] as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return refuse(encoded, "a map of pairs");
    const [key, text] = pair as unknown[];
    if (typeof key !== "string" || typeof text !== "string") return refuse(encoded, "a map of strings");
    if (pairs.has(key)) return refuse(encoded, "a map without duplicate keys");
    pairs.set(key, text);
  }
  return Object.fromEntries(pairs);
}

function ascending(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refuse(encoded: Encoded, expected: string): never {
  const found = JSON.stringify(encoded.value) ?? "nothing";
  const shown = found.length > 120 ? `${found.slice(0, 120)}...` : found;
  throw new TaasError(`the OVSDB server sent ${shown} for ${encoded.column} instead of ${expected}`, {
    code: "ovsdb-reply",
    host: encoded.host,
    hint: "Check that the Open vSwitch there is a release from 2.13 on",
  });
}
