import { isEqual } from "./compare";

/** How the value at a path changed. */
export type PathChange = "add" | "delete" | "update";

/**
 * The paths at which two values differ, as `filter[0].destinationPort`, each with its kind of change. Undefined and
 * null count as absent.
 */
export function changedPaths(olds: unknown, news: unknown, path = ""): [string, PathChange][] {
  const [before, now] = [olds ?? null, news ?? null];
  if (isEqual(before, now)) return [];
  if (Array.isArray(before) && Array.isArray(now)) {
    const length = Math.max(before.length, now.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      changedPaths(before[index], now[index], `${path}[${index}]`),
    );
  }
  if (isObject(before) && isObject(now)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
    return names.flatMap((name) => changedPaths(before[name], now[name], member(path, name)));
  }
  return [[path, before === null ? "add" : now === null ? "delete" : "update"]];
}

/** A path in Pulumi's notation; a name that is not an identifier is quoted. */
function member(path: string, name: string): string {
  if (!/^\w[\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
