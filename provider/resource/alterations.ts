import { elsewhereOf } from "../converge/hosts";
import type { Target } from "../converge/intent";
import { type Claim, claimOf } from "../schema/claim";
import { CONNECTION_FIELDS } from "../schema/host";
import { knownPart } from "../schema/stored";
import { isEqual } from "./compare";

/** What an operation adds to what a resource asks for: which life of it this is, who wrote it and when. */
const WRITTEN: ReadonlySet<string> = new Set(["token", "writer", "time"]);

type Fields = Record<string, unknown>;

/**
 * What a claim says that does not follow from the resource's arguments and its hosts, field by field: somebody has altered
 * it, and all else on the host follows it. `all`: the claims of the resource as they should be, this one among them.
 */
export function alterations(target: Target, claim: Claim, all: readonly Target[]): string[] {
  const { seen, draft } = target;
  const elsewhere = elsewhereOf(
    seen,
    all.map((other) => other.seen),
  );
  const expected: Fields = {
    ...draft,
    keeper: seen.record.keeper === true ? true : undefined,
    elsewhere: elsewhere.length === 0 ? undefined : elsewhere,
  };
  const says = knownPart(claimOf[claim.kind], claim) as Fields;
  return differences(comparedPart(expected), comparedPart(says));
}

function comparedPart(claim: Fields): unknown {
  const compared = Object.entries(claim).filter(([field]) => !WRITTEN.has(field));
  return withoutConnections(Object.fromEntries(compared));
}

/** A value without what says how hosts in it are reached, which never makes a difference. */
function withoutConnections(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutConnections);
  if (!isObject(value)) return value;
  const isHost = "address" in value && "name" in value;
  const fields = Object.entries(value).filter(
    ([field]) => !isHost || !(CONNECTION_FIELDS as readonly string[]).includes(field),
  );
  return Object.fromEntries(fields.map(([field, inner]) => [field, withoutConnections(inner)]));
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The paths of the fields that differ, such as `collector.address`. */
function differences(expected: unknown, actual: unknown, path = ""): string[] {
  if (isEqual(expected ?? null, actual ?? null)) return [];
  if (!isObject(expected) || !isObject(actual)) return [path];
  const fields = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return fields.flatMap((field) =>
    differences(expected[field], actual[field], path === "" ? field : `${path}.${field}`),
  );
}
