import { isObject, isSecret, type PropertyMap, type PropertyValue, signatureKey } from "./properties";

/** How one value became another; `object` or `array` tell it member by member where both are of that kind. */
export interface ValueDiff {
  readonly old: PropertyValue;
  readonly new: PropertyValue;
  readonly object?: ObjectDiff;
  readonly array?: ArrayDiff;
}

/** How one property map became another. */
export interface ObjectDiff {
  readonly adds: Map<string, PropertyValue>;
  readonly deletes: Map<string, PropertyValue>;
  readonly sames: Map<string, PropertyValue>;
  readonly updates: Map<string, ValueDiff>;
}

/** How one array became another, compared by index. */
export interface ArrayDiff {
  readonly length: number;
  readonly adds: Map<number, PropertyValue>;
  readonly deletes: Map<number, PropertyValue>;
  readonly sames: Map<number, PropertyValue>;
  readonly updates: Map<number, ValueDiff>;
}

/** One changed leaf of a property map. */
export interface PropertyChange {
  /** As `rules[2]` or `service.tunnelId`. */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  readonly old?: PropertyValue;
  readonly new?: PropertyValue;
}

/** Keys that only the engine and the provider's host see; they are in no diff that is shown. */
export function isInternalKey(key: string): boolean {
  return key.startsWith("__");
}

/** Whether two values are the same; an absent property and a null one are. */
export function equalValues(left: PropertyValue | undefined, right: PropertyValue | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((element, index) => equalValues(element, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => equalValues(left[key], right[key]));
  }
  return (left ?? null) === (right ?? null);
}

function diffArrays(olds: PropertyValue[], news: PropertyValue[]): ArrayDiff {
  const diff: ArrayDiff = {
    length: Math.max(olds.length, news.length),
    adds: new Map(news.map((value, index) => [index, value] as const).slice(olds.length)),
    deletes: new Map(olds.map((value, index) => [index, value] as const).slice(news.length)),
    sames: new Map(),
    updates: new Map(),
  };
  for (const [index, old] of olds.slice(0, news.length).entries()) {
    const update = diffValues(old, news[index] as PropertyValue);
    if (update) diff.updates.set(index, update);
    else diff.sames.set(index, old);
  }
  return diff;
}

/** How a value became another; undefined when it did not change. */
function diffValues(old: PropertyValue, now: PropertyValue): ValueDiff | undefined {
  if (equalValues(old, now)) return undefined;
  if (Array.isArray(old) && Array.isArray(now)) return { old, new: now, array: diffArrays(old, now) };
  if (isObject(old) && isObject(now) && !isSecret(old) && !isSecret(now) && !(signatureKey in old)) {
    const object = diffProperties(old, now, () => false);
    return object && { old, new: now, object };
  }
  return { old, new: now };
}

/** How a property map became another, without the ignored keys; undefined when nothing changed. */
export function diffProperties(
  olds: PropertyMap,
  news: PropertyMap,
  ignore: (key: string) => boolean = isInternalKey,
): ObjectDiff | undefined {
  const diff: ObjectDiff = { adds: new Map(), deletes: new Map(), sames: new Map(), updates: new Map() };
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (ignore(key)) continue;
    const old = olds[key] ?? null;
    const now = news[key] ?? null;
    const update = diffValues(old, now);
    if (!update) diff.sames.set(key, old);
    else if (old === null) diff.adds.set(key, now);
    else if (now === null) diff.deletes.set(key, old);
    else diff.updates.set(key, update);
  }
  return diff.adds.size + diff.deletes.size + diff.updates.size > 0 ? diff : undefined;
}

function* leaves(path: string, diff: ObjectDiff | ArrayDiff): Generator<PropertyChange> {
  const at = (key: string | number) =>
    typeof key === "number" ? `${path}[${key}]` : path ? `${path}.${key}` : key;
  for (const [key, value] of diff.adds) yield { path: at(key), kind: "add", new: value };
  for (const [key, value] of diff.deletes) yield { path: at(key), kind: "delete", old: value };
  for (const [key, update] of diff.updates) {
    const members = update.array ?? update.object;
    if (members) yield* leaves(at(key), members);
    else yield { path: at(key), kind: "update", old: update.old, new: update.new };
  }
}

/** Every changed leaf between two property maps, internal keys left out, in the order of their paths. */
export function propertyChanges(olds: PropertyMap, news: PropertyMap): PropertyChange[] {
  const diff = diffProperties(olds, news);
  if (!diff) return [];
  return [...leaves("", diff)].sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}
