import { printable, printableLine } from "./printable";
import type { Properties } from "./resource/resource";
import { UNKNOWN } from "./schema/unknown";
import type { Failure } from "./schema/validate";

/** The names of a resource's properties that are secret or contain a secret. */
export type SecretNames = ReadonlySet<string>;

/** Replaces secret values in a text for people. */
export type Conceal = (text: string) => string;

/**
 * The fewest characters of a secret that is replaced wherever it occurs. A shorter one, and a number, is replaced only
 * as a whole word.
 */
const DISTINCT = 3;

/** The field of a reference that holds its format: always 1, a digit that occurs in many addresses. */
const FORMAT = "format";

/** Returns a function that removes the values of secret properties from a message, however they got there. */
export function concealing(secrets: SecretNames, ...all: readonly Properties[]): Conceal {
  if (secrets.size === 0) return (text) => text;
  const values = all.flatMap((properties) => [...secrets].flatMap((name) => leavesOf(properties[name])));
  const patterns = new Set(values.sort((a, b) => b.text.length - a.text.length).map(patternOf));
  if (patterns.size === 0) return (text) => text;
  const secret = new RegExp([...patterns].join("|"), "giu");
  return (text) => text.replace(secret, "[secret]");
}

/** A value as messages quote it. */
interface Leaf {
  text: string;
  isWord: boolean;
}

function leavesOf(value: unknown): Leaf[] {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => (name === FORMAT ? [] : leavesOf(inner)));
  if (typeof value === "number") return [{ text: String(value), isWord: true }];
  if (typeof value !== "string" || value === UNKNOWN || value.trim() === "") return [];
  const forms = [value, printable(value), printableLine(value), JSON.stringify(value).slice(1, -1)];
  return [...new Set(forms)].map((text) => ({ text, isWord: text.length < DISTINCT }));
}

function patternOf({ text, isWord }: Leaf): string {
  const literal = text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return isWord ? `(?<!\\w)${literal}(?!\\w)` : literal;
}

/** An error without secret values; the same error if it contains none. */
export function concealed(error: unknown, conceal: Conceal): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, reasons } = error as Error & { reasons?: string[] };
  if (conceal(message) === message && conceal(stack ?? "") === stack && reasons === undefined) return error;
  // Concurrent reads of one host share an error, but each caller has secrets of its own.
  const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error)) as Error;
  const shown = { message: conceal(message), stack: conceal(stack ?? message) };
  return Object.assign(copy, shown, reasons === undefined ? {} : { reasons: reasons.map(conceal) });
}

/**
 * A failed check as it may be shown. The engine prints the value of the property that a failure names, even if the
 * property is secret. For a secret property, the reason therefore contains the name instead.
 */
export function shownFailure(failure: Failure, secrets: SecretNames, conceal: Conceal): Failure {
  const { property, reason, isQuoting } = failure;
  if (!secrets.has(property)) return { property, reason: conceal(reason) };
  const why = isQuoting
    ? "the value is not valid; the reason is not shown because the value is secret"
    : reason;
  return { property: "", reason: `${property}: ${conceal(why)}` };
}
