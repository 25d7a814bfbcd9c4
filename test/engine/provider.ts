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

/** What manages the resources of one package. In a preview, create and update answer the inputs as outputs. */
export interface Provider {
  check(o: {
    urn: Urn;
    olds: PropertyMap;
    news: PropertyMap;
  }): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }>;
  diff(o: {
    urn: Urn;
    id: string;
    oldInputs: PropertyMap;
    oldOutputs: PropertyMap;
    newInputs: PropertyMap;
    ignoreChanges: string[];
  }): Promise<DiffResult>;
  create(o: {
    urn: Urn;
    inputs: PropertyMap;
    timeout: number;
  }): Promise<{ id: string; outputs: PropertyMap }>;
  read(o: { urn: Urn; id: string; inputs: PropertyMap; state: PropertyMap }): Promise<ReadResult>;
  update(o: {
    urn: Urn;
    id: string;
    oldInputs: PropertyMap;
    oldOutputs: PropertyMap;
    newInputs: PropertyMap;
    ignoreChanges: string[];
    timeout: number;
  }): Promise<PropertyMap>;
  delete(o: {
    urn: Urn;
    id: string;
    inputs: PropertyMap;
    outputs: PropertyMap;
    timeout: number;
  }): Promise<void>;
}
