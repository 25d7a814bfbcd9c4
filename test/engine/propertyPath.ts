import { isObject, type PropertyMap, type PropertyValue } from "./properties";

/** The steps of a property path such as `rules[0].port` or `tags["a.b"]`; `*` stands for any. */
export type PropertyPath = readonly (string | number)[];

/** Parses a property path as the options `ignoreChanges` and `replaceOnChanges` take it. */
export function parsePath(text: string): PropertyPath {
  return [...text.matchAll(/\["([^"]*)"\]|\[(\d+)\]|\[(\*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, star, name]) =>
      index !== undefined ? Number(index) : (quoted ?? star ?? (name as string)),
  );
}

/** Whether a path names, or leads to, the one that is told by `inner`. */
export function pathContains(outer: PropertyPath, inner: PropertyPath): boolean {
  return outer.length <= inner.length && outer.every((step, index) => step === "*" || step === inner[index]);
}

function resetValue(
  old: PropertyValue | undefined,
  now: PropertyValue | undefined,
  path: PropertyPath,
): PropertyValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return old;
  if (Array.isArray(now) && Array.isArray(old)) {
    const copy = [...now];
    for (const index of step === "*" ? copy.keys() : [Number(step)]) {
      const value = resetValue(old[index], copy[index], rest);
      if (value !== undefined && index in copy) copy[index] = value;
    }
    return copy;
  }
  if (isObject(now) && isObject(old)) {
    const keys = step === "*" ? [...new Set([...Object.keys(old), ...Object.keys(now)])] : [String(step)];
    const copy: PropertyMap = { ...now };
    for (const key of keys) {
      const value = resetValue(old[key], now[key], rest);
      if (value === undefined) delete copy[key];
      else copy[key] = value;
    }
    return copy;
  }
  return now;
}

/** The new inputs with what the paths name set back to its old value. */
export function resetPaths(olds: PropertyMap, news: PropertyMap, paths: readonly string[]): PropertyMap {
  return paths.reduce((inputs, path) => resetValue(olds, inputs, parsePath(path)) as PropertyMap, news);
}
