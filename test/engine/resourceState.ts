import type { PropertyMap } from "./properties";
import type { Urn } from "./urn";

/** Seconds that an operation may take; recorded and sent, as the dynamic provider's host ignores them. */
export interface CustomTimeouts {
  create?: number;
  update?: number;
  delete?: number;
}

/** What the engine knows of one resource; mutable, and told apart by identity, as two may bear one URN. */
export interface ResourceState {
  urn: Urn;
  type: string;
  custom: boolean;
  /** Marked for deletion: its replacement exists. */
  delete: boolean;
  id: string;
  inputs: PropertyMap;
  /** Undefined until the provider has answered. */
  outputs: PropertyMap | undefined;
  parent: Urn;
  protect: boolean;
  /** Read, not owned. */
  external: boolean;
  dependencies: Urn[];
  initErrors: string[];
  /** A provider reference, `<urn>::<id>`; empty for components and providers. */
  provider: string;
  propertyDependencies: Record<string, Urn[]>;
  /** Deleted before its replacement, which does not exist yet. */
  pendingReplacement: boolean;
  additionalSecretOutputs: string[];
  aliases: Urn[];
  customTimeouts: CustomTimeouts | undefined;
  retainOnDelete: boolean;
  deletedWith: Urn;
  replaceWith: Urn[];
  created: string | undefined;
  modified: string | undefined;
  ignoreChanges: string[];
  replaceOnChanges: string[];
}

/** A fresh state with the given members. */
export function resourceState(
  members: Partial<ResourceState> & Pick<ResourceState, "urn" | "type" | "custom">,
): ResourceState {
  return {
    delete: false,
    id: "",
    inputs: {},
    outputs: undefined,
    parent: "",
    protect: false,
    external: false,
    dependencies: [],
    initErrors: [],
    provider: "",
    propertyDependencies: {},
    pendingReplacement: false,
    additionalSecretOutputs: [],
    aliases: [],
    customTimeouts: undefined,
    retainOnDelete: false,
    deletedWith: "",
    replaceWith: [],
    created: undefined,
    modified: undefined,
    ignoreChanges: [],
    replaceOnChanges: [],
    ...members,
  };
}

/** How a program named a resource earlier: a whole URN, or the parts that differ. */
export type Alias =
  | { urn: Urn }
  | { name: string; type: string; stack: string; project: string; parent: Urn; noParent: boolean };

/** What a program asks for with one registration. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  properties: PropertyMap;
  parent: Urn;
  /** Undefined when the program did not say: inherited from the parent. */
  protect: boolean | undefined;
  retainOnDelete: boolean | undefined;
  deletedWith: Urn;
  replaceWith: Urn[];
  dependencies: Urn[];
  propertyDependencies: Record<string, Urn[]>;
  provider: string;
  deleteBeforeReplace: boolean | undefined;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
  aliases: Alias[];
  customTimeouts: CustomTimeouts | undefined;
}

/** A goal without properties and options. */
export function bareGoal(identity: Pick<Goal, "type" | "name" | "custom">): Goal {
  return {
    ...identity,
    properties: {},
    parent: "",
    protect: undefined,
    retainOnDelete: undefined,
    deletedWith: "",
    replaceWith: [],
    dependencies: [],
    propertyDependencies: {},
    provider: "",
    deleteBeforeReplace: undefined,
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: [],
    aliases: [],
    customTimeouts: undefined,
  };
}

/** Every URN that a resource depends on besides its parent. */
export function dependencyUrns(state: ResourceState): Urn[] {
  return [
    ...state.dependencies,
    ...Object.values(state.propertyDependencies).flat(),
    ...(state.deletedWith ? [state.deletedWith] : []),
    ...state.replaceWith,
  ];
}
