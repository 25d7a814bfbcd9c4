/** Loads execa, at the first need: previews start no process. */
export function loadExeca(): Promise<typeof import("execa", { with: { "resolution-mode": "import" }})> {
  addSetUnion();
  return import("execa");
}

/** execa is written for Node.js 22; all that it uses which Node.js 20 lacks is this method (ECMAScript 2025, Set.prototype.union). */
export function addSetUnion(): void {
  const sets = Set.prototype as { union?: unknown };
  sets.union ??= function union(this: Set<unknown>, other: Iterable<unknown>) {
    return new Set([...this, ...other]);
  };
}
