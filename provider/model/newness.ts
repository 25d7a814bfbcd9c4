import { CLAIM_FORMAT, claim, claimOf } from "../schema/claim";
import { readExpression } from "../schema/expression/expression";
import { show } from "../schema/reasons";

type Json = Record<string, unknown>;

/** An expression that every release reads. */
const PLAIN = "ip";

/**
 * What a claim that cannot be read has that only a later release knows: its format, its kind, an option's value, or a term of its
 * filter expression. Undefined where it is wrong besides, or where nothing of that is there.
 */
export function newness(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const { format, kind } = value;
  if (typeof format === "number" && format > CLAIM_FORMAT)
    return `has format ${format}, this release reads up to ${CLAIM_FORMAT}`;
  if (format !== CLAIM_FORMAT || typeof kind !== "string") return undefined;
  if (!Object.hasOwn(claimOf, kind)) return `is of kind ${show(kind)}, which this release does not know`;
  return unknownTerm(value) ?? unknownValue(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The term of an expression that is not known, in a claim that is right with another expression. */
function unknownTerm(value: Json): string | undefined {
  const reasons: string[] = [];
  const plain = withPlainFilters(value, (reason) => reasons.push(reason));
  if (reasons.length === 0 || !claim.safeParse(plain).success) return undefined;
  return `has a filter expression that this release does not know: ${reasons[0]}`;
}

/** A flow's or capture's claim whose expressions with unknown terms are others, also that from before a move. */
function withPlainFilters(value: Json, onUnknown: (reason: string) => void): Json {
  const { source, movingFrom } = value;
  return {
    ...value,
    ...(isObject(source) ? { source: withPlainFilter(source, onUnknown) } : {}),
    ...(isObject(movingFrom) ? { movingFrom: withPlainFilters(movingFrom, onUnknown) } : {}),
  };
}

function withPlainFilter(source: Json, onUnknown: (reason: string) => void): Json {
  if (typeof source.filter !== "string") return source;
  const reading = readExpression(source.filter);
  if ("value" in reading || reading.at === undefined) return source;
  onUnknown(reading.reason);
  return { ...source, filter: PLAIN };
}

/** The value of an option that has several, in a claim that is right but for such values. */
function unknownValue(value: Json): string | undefined {
  const { error } = claim.safeParse(value);
  const issues = error?.issues ?? [];
  const unknown = issues.map(({ code, path }) => ({
    path,
    given: code === "invalid_value" ? at(value, path) : undefined,
  }));
  if (issues.length === 0 || unknown.some(({ given }) => typeof given !== "string")) return undefined;
  const [{ path, given }] = unknown as [(typeof unknown)[number]];
  return `has ${path.join(".")} ${show(given)}, which this release does not know`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
}
