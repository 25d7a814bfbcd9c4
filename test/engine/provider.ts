import type { PropertyMap } from "./properties";
import type { Urn } from "./urn";

/** A property that a provider's check refuses. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** How what is at each path differs: `add`, `delete`, `update`, each also as `-replace`. */
export type DetailedDiff = Readonly<
  Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>
>;

/** What a provider says about a change. */
export interface DiffResult {
  readonly changes: boolean;
  /** Properties that force a replacement. */
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** The paths of what differs, where the engine compared the inputs itself or the provider tells them. */
  readonly changedKeys?: readonly string[];
  readonly detailed?: DetailedDiff;
}

/** A resource as a provider read it; without an id it is gone. */
export interface ReadResult {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly inputs?: PropertyMap;
}

/** A resource exists but an operation on it did not complete; the engine keeps it, with the reasons. */
export class InitFailure extends Error {
  constructor(
    readonly id: string,
    readonly outputs: PropertyMap,
    readonly reasons: string[],
  ) {
    const count = `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`;
    super(
      reasons.length
        ? `${count}\n${reasons.map((reason) => `\t* ${reason}\n`).join("")}`
        : "resource init failed",
    );
    this.name = "InitFailure";
  }
}

/** A resource that a provider is asked about. */
interface Asked {
  urn: Urn;
  id: string;
}

/** What a provider is to compare. */
export interface DiffOptions extends Asked {
  oldInputs: PropertyMap;
  oldOutputs: PropertyMap;
  newInputs: PropertyMap;
  ignoreChanges: string[];
}

export interface CheckOptions {
  urn: Urn;
  olds: PropertyMap;
  news: PropertyMap;
}

export interface CreateOptions {
  urn: Urn;
  inputs: PropertyMap;
  timeout: number;
}

export interface ReadOptions extends Asked {
  inputs: PropertyMap;
  state: PropertyMap;
}

export interface UpdateOptions extends DiffOptions {
  timeout: number;
}

export interface DeleteOptions extends Asked {
  inputs: PropertyMap;
  outputs: PropertyMap;
  timeout: number;
}

/** What manages the resources of one package. In a preview, create and update answer the inputs as outputs. */
export interface Provider {
  check(o: CheckOptions): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }>;
  diff(o: DiffOptions): Promise<DiffResult>;
  create(o: CreateOptions): Promise<{ id: string; outputs: PropertyMap }>;
  read(o: ReadOptions): Promise<ReadResult>;
  update(o: UpdateOptions): Promise<PropertyMap>;
  delete(o: DeleteOptions): Promise<void>;
}
