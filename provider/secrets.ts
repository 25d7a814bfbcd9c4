import { printable, printableLine } from "./printable";
import type { Properties } from "./resource/resource";
import { UNKNOWN } from "./schema/unknown";
import type { Failure } from "./schema/validate";

/** The names of the properties of a resource that are secret, or hold a secret. */
export type SecretNames = ReadonlySet<string>;

/** Replaces what is secret in a text for people. */
export type Conceal = (text: string) => string;

/** Characters of a text that is replaced wherever it stands; a shorter one, and a number, only where it is a whole word. */
const DISTINCT = 3;

/** The field of a reference that says in which format it is: always 1, which stands in many addresses. */
const FORMAT = "format";

/** What secret properties hold is not to be in a message, however it got there. */
export function concealing(secrets: SecretNames, ...all: readonly Properties[]): Conceal {
  if (secrets.size === 0) return (text) => text;
  const values = all.flatMap((properties) => [...secrets].flatMap((name) => leavesOf(properties[name])));
  const patterns = new Set(values.sort((a, b) => b.text.length - a.text.length).map(patternOf));
  if (patterns.size === 0) return (text) => text;
  const secret = new RegExp([...patterns].join("|"), "giu");
  return (text) => text.replace(secret, "[secret]");
}

/** A value as messages write it. */
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

/** An error without what is secret; the error itself where it has nothing of that. */
export function concealed(error: unknown, conceal: Conceal): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, reasons } = error as Error & { reasons?: string[] };
  if (conceal(message) === message && conceal(stack ?? "") === stack && reasons === undefined) return error;
  // What reads of one host share an error, each caller with secrets of its own.
  const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error)) as Error;
  const shown = { message: conceal(message), stack: conceal(stack ?? message) };
  return Object.assign(copy, shown, reasons === undefined ? {} : { reasons: reasons.map(conceal) });
}

/**
 * A failure of a check as it may be shown. The engine prints the value of a property that a failure names, also one that is a
 * secret: there the reason names it.
 */
export function shownFailure(failure: Failure, secrets: SecretNames, conceal: Conceal): Failure {
  const { property, reason, isQuoting } = failure;
  if (!secrets.has(property)) return { property, reason: conceal(reason) };
  const why = isQuoting ? "it is not what the argument takes; why is not shown, as it is a secret" : reason;
  return { property: "", reason: `${property}: ${conceal(why)}` };
}
