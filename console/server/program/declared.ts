import type { ProgramResource } from "./program";

/** Resources of a program, by the owner keys of their claims. */
export class Declared {
  /** Those without a parent. */
  private readonly roots: ReadonlyMap<string, ProgramResource>;
  /** Those with a parent, whose types are in the owner keys of claims. */
  private readonly children: ReadonlyMap<string, readonly ProgramResource[]>;

  constructor(private readonly resources: readonly ProgramResource[]) {
    const roots = resources.filter(({ hasParent }) => !hasParent);
    this.roots = new Map(roots.map((resource) => [resource.owner, resource]));
    const children = resources.filter(({ hasParent }) => hasParent);
    this.children = new Map(
      children.map(({ owner }) => [owner, children.filter((child) => child.owner === owner)]),
    );
  }

  /** The resource whose claims have this owner; undefined also where several children have its name. */
  of(owner: string): ProgramResource | undefined {
    const [child, ...others] = this.children.get(withoutParents(owner)) ?? [];
    return this.roots.get(owner) ?? (others.length === 0 ? child : undefined);
  }

  /**
   * Whether the program may have the resource although `of` does not find it: several children have its name, or a component of
   * another package has created it, and a program does not list what a component creates.
   */
  mayHave(owner: string): boolean {
    return isOfComponent(owner) || (this.children.get(withoutParents(owner))?.length ?? 0) > 1;
  }

  /** Whether what a stack has on hosts is not in its program, so that the next run deletes it. */
  lacks({ owner, stack }: { owner: string; stack: string }, ownStack: string | undefined): boolean {
    return stack === ownStack && this.of(owner) === undefined && !this.mayHave(owner);
  }

  /** The resources that have no claims under these owners. */
  without(owners: Iterable<string>): ProgramResource[] {
    const claimed = new Set([...owners].map((owner) => this.of(owner)));
    return this.resources.filter((resource) => !claimed.has(resource));
  }
}

/** An owner key with only the last of its types, that of the resource itself. */
function withoutParents(owner: string): string {
  const parts = owner.split("/");
  const isTypes = (index: number) => index === parts.length - 2;
  return parts.map((part, index) => (isTypes(index) ? part.split("$").at(-1)! : part)).join("/");
}

/** Whether a type of another package is among the types of the parents in an owner key. This package's have no colon. */
function isOfComponent(owner: string): boolean {
  const types = owner.split("/").at(-2) ?? "";
  return types
    .split("$")
    .slice(0, -1)
    .some((type) => type.includes("%3A"));
}

/** The taps of a program. */
export function tapsIn(resources: readonly ProgramResource[]): Declared {
  return new Declared(resources.filter(({ kind }) => kind === "TapFlow"));
}

/** The services of a program. */
export function servicesIn(resources: readonly ProgramResource[]): Declared {
  return new Declared(resources.filter(({ kind }) => kind === "TapService"));
}
