import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Draft } from "./edit";
import type { Reach } from "./hosts";
import type { Abandoned } from "./leftovers";
import type { Look } from "./look";

/** A claim to be put on a host that was looked at. */
export interface Target {
  seen: Look;
  draft: Draft;
}

/** What an operation is going to write, now that its hosts have been looked at. */
export interface Steps<Result> {
  /**
   * Claims of other resources that are deleted first, at all their ends, because they cannot exist without this one.
   */
  abandoned?: Abandoned[];
  /** The claims, in rounds: each round is completed on all its hosts before the next begins. */
  rounds: Target[][];
  /**
   * Rounds before those, on hosts that already have claims. They are left out on a host that refuses them; copies then
   * have a gap.
   */
  preliminary?: Target[][];
  /** The value that `converge` resolves with once everything is written. */
  result: Result;
}

/** An operation on a resource: which claims must be on which hosts. */
export interface Intent<Result = unknown> {
  reach: Reach;
  owner: string;
  /** The owner key before a rename. */
  previousOwner: string | undefined;
  token: string;
  mode: "create" | "update" | "delete";
  adopt: boolean;
  /** The incarnation that a create replaces; its claim may be on the same machine under another name. */
  replaced?: string | undefined;
  /** Hosts that get claims; none for a delete. */
  hosts: readonly HostRecord[];
  /** Hosts that may hold the resource's earlier claims, in the order of deletion. */
  oldHosts: readonly HostRecord[];
  /** Seconds to wait until `plan` finds what it needs. */
  attachTimeout: number;
  /**
   * What to write, based on the looks. Throws a TaasError; after `port-missing` it is called again until the wait is
   * over.
   */
  plan(seen: ReadonlyMap<string, Look>): Promise<Steps<Result>>;
}

const CAUSE_UNKNOWN = { code: "half-done", host: undefined, hint: undefined } as const;

/** An operation that failed and could not be undone completely: the next run completes what exists. */
export class HalfDoneError extends TaasError {
  constructor(
    readonly token: string,
    /** One per host. */
    readonly reasons: string[],
    cause: unknown,
  ) {
    const { code, host, hint } = cause instanceof TaasError ? cause : CAUSE_UNKNOWN;
    const message =
      reasons.length === 1 && cause instanceof TaasError ? cause.shortMessage : reasons.join("; ");
    super(message, {
      code,
      cause,
      ...(host === undefined || reasons.length > 1 ? {} : { host }),
      ...(hint === undefined ? {} : { hint }),
    });
    this.name = "HalfDoneError";
  }
}
