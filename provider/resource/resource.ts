import type { Failure } from "../schema/validate";
import type { Context, Names } from "./context";

/** Plain JSON, as Pulumi hands it over. */
export type Properties = Record<string, unknown>;

/** What Pulumi's dynamic provider wants from `check`. */
export interface CheckResult {
  inputs: Properties;
  failures: Failure[];
}

/** What Pulumi's dynamic provider wants from `diff`. */
export interface DiffResult {
  changes: boolean;
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** What a read found: nothing means that the resource is certainly gone. */
export type ReadResult = { id: string; props: Properties; inputs: Properties } | Record<string, never>;

/** What one kind of resource makes of its arguments: JSON in, JSON out, and no I/O. */
export interface Checks {
  check(names: Names, olds: Properties, news: Properties): CheckResult;
  diff(olds: Properties, news: Properties): DiffResult;
}

/** One kind of resource, with its operations on hosts. */
export interface Resource extends Checks {
  /** `replaced`: the incarnation that the state has of it, where this create takes its place. */
  create(context: Context, inputs: Properties, replaced?: string): Promise<{ id: string; outs: Properties }>;
  read(context: Context, id: string, state: Properties): Promise<ReadResult>;
  update(context: Context, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(context: Context, state: Properties): Promise<void>;
}
