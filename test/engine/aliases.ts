import type { Alias, ResourceState } from "./resourceState";
import { createUrn, isRootStack, parseUrn, type Urn } from "./urn";

/** What a resource is called in this run. */
export interface Identity {
  readonly urn: Urn;
  readonly name: string;
  readonly type: string;
  readonly parent: Urn;
}

/** Finds what a resource was called in the state before, by its URN or by one of its aliases. */
export class Aliases {
  /** The old URN by which a resource of this run was found. */
  private readonly oldOf = new Map<Urn, Urn>();
  /** The resource of this run that took over an old URN. */
  private readonly claimedBy = new Map<Urn, Urn>();

  constructor(
    private readonly stack: string,
    private readonly project: string,
    private readonly olds: ReadonlyMap<Urn, ResourceState>,
  ) {}

  /** Whether a resource of this run took over this old URN. */
  isClaimed(oldUrn: Urn): boolean {
    return this.claimedBy.has(oldUrn);
  }

  /** The resource's old state, and the alias by which it was found. Throws when two resources claim the same one. */
  find(
    resource: Identity,
    aliases: readonly Alias[],
    seen: ReadonlySet<Urn>,
  ): { old: ResourceState | undefined; alias: Urn } {
    const other = this.claimedBy.get(resource.urn);
    if (other)
      throw new Error(
        `Duplicate resource URN '${resource.urn}' conflicting with alias on resource '${other}'`,
      );
    const direct = this.olds.get(resource.urn);
    if (direct) return { old: direct, alias: "" };
    for (const urn of this.candidates(resource, aliases)) {
      const old = this.olds.get(urn);
      if (!old) continue;
      const claimant = seen.has(urn) ? urn : this.claimedBy.get(urn);
      if (claimant) {
        throw new Error(
          `Duplicate resource alias '${urn}' applied to resource '${resource.urn}', conflicting with '${claimant}'`,
        );
      }
      this.claimedBy.set(urn, resource.urn);
      this.oldOf.set(resource.urn, urn);
      return { old, alias: urn };
    }
    return { old: undefined, alias: "" };
  }

  /** Every URN a resource may have had: its aliases, and those it has through an alias of its parent. */
  private candidates(resource: Identity, aliases: readonly Alias[]): Set<Urn> {
    const own = aliases.map((alias) => this.collapse(resource, alias));
    const candidates = new Set(own);
    const oldParent = this.oldOf.get(resource.parent);
    if (oldParent) {
      candidates.add(this.inherit(resource.type, resource.name, resource.parent, oldParent));
      for (const urn of own) {
        const { type, name } = parseUrn(urn);
        candidates.add(this.inherit(type, name, resource.parent, oldParent));
      }
    }
    return candidates;
  }

  private collapse(resource: Identity, alias: Alias): Urn {
    if ("urn" in alias) return alias.urn;
    const parent = alias.parent ? (this.oldOf.get(alias.parent) ?? alias.parent) : resource.parent;
    return createUrn({
      stack: alias.stack || this.stack,
      project: alias.project || this.project,
      parent: alias.noParent || (parent && isRootStack(parent)) ? "" : parent,
      type: alias.type || resource.type,
      name: alias.name || resource.name,
    });
  }

  /** A child named after its parent is taken to have been named after the parent's old name. */
  private inherit(type: string, name: string, parent: Urn, oldParent: Urn): Urn {
    const parentName = parseUrn(parent).name;
    const oldName = name.startsWith(parentName)
      ? parseUrn(oldParent).name + name.slice(parentName.length)
      : name;
    return createUrn({ stack: this.stack, project: this.project, parent: oldParent, type, name: oldName });
  }
}
