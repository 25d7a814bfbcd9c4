import type { ProgramResource } from "./program";

/** Resources of a program, by the owner keys of their claims. */
export class Declared {
  private readonly byOwner: ReadonlyMap<string, ProgramResource>;
  /** Those with a parent, whose types are in the owner keys of claims. */
  private readonly children: ReadonlyMap<string, ProgramResource>;

  constructor(private readonly resources: readonly ProgramResource[]) {
    this.byOwner = mapOf(resources);
    this.children = mapOf(resources.filter(({ hasParent }) => hasParent));
  }

  /** The resource whose claims have this owner. */
  of(owner: string): ProgramResource | undefined {
    return this.byOwner.get(owner) ?? this.children.get(withoutParents(owner));
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

function mapOf(resources: readonly ProgramResource[]): ReadonlyMap<string, ProgramResource> {
  return new Map(resources.map((resource) => [resource.owner, resource]));
}

/** The taps of a program. */
export function tapsIn(resources: readonly ProgramResource[]): Declared {
  return new Declared(resources.filter(({ kind }) => kind === "TapFlow"));
}

/** The services of a program. */
export function servicesIn(resources: readonly ProgramResource[]): Declared {
  return new Declared(resources.filter(({ kind }) => kind === "TapService"));
}
