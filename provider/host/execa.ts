/** Loads execa when it is first needed: previews start no process. */
export function loadExeca(): Promise<typeof import("execa", { with: { "resolution-mode": "import" }})> {
  addSetUnion();
  return import("execa");
}

/** Adds the one method that execa uses and Node.js 20 lacks (ECMAScript 2025, Set.prototype.union). */
export function addSetUnion(): void {
  const sets = Set.prototype as { union?: unknown };
  sets.union ??= function union(this: Set<unknown>, other: Iterable<unknown>) {
    return new Set([...this, ...other]);
  };
}
