import type { Failure } from "../schema/validate";
import type { Context, Names } from "./context";

/** Plain JSON, as Pulumi passes it. */
export type Properties = Record<string, unknown>;

/** The result that Pulumi's dynamic provider expects from `check`. */
export interface CheckResult {
  inputs: Properties;
  failures: Failure[];
}

/** The result that Pulumi's dynamic provider expects from `diff`. */
export interface DiffResult {
  changes: boolean;
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** The result of a read: an empty object means that the resource is certainly gone. */
export type ReadResult = { id: string; props: Properties; inputs: Properties } | Record<string, never>;

/** How one kind of resource validates and compares its arguments: JSON in, JSON out, and no I/O. */
export interface Checks {
  check(names: Names, olds: Properties, news: Properties): CheckResult;
  diff(olds: Properties, news: Properties): DiffResult;
}

/** One kind of resource, with its operations on hosts. */
export interface Resource extends Checks {
  /** `replaced`: the incarnation in the state that this create replaces. */
  create(context: Context, inputs: Properties, replaced?: string): Promise<{ id: string; outs: Properties }>;
  read(context: Context, id: string, state: Properties): Promise<ReadResult>;
  update(context: Context, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(context: Context, state: Properties): Promise<void>;
}
