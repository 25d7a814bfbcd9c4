import type { Failure } from "../schema/validate";
import type { Context } from "./context";

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

/** One kind of resource: JSON in, JSON out. `check` and `diff` do no I/O. */
export interface Resource {
  check(context: Context, olds: Properties, news: Properties): CheckResult;
  diff(olds: Properties, news: Properties): DiffResult;
  create(context: Context, inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(context: Context, id: string, state: Properties): Promise<ReadResult>;
  update(context: Context, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(context: Context, state: Properties): Promise<void>;
}
