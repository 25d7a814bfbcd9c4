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

/** What an operation is about to write, now that its hosts have been looked at. */
export interface Steps<Result> {
  /** Claims of other resources that are deleted first, at all their ends, because they cannot stay without this one. */
  abandoned?: Abandoned[];
  /** The claims, and the rounds they are written in: each round is done on all its hosts before the next begins. */
  rounds: Target[][];
  /** Rounds before those, on hosts that have claims from before. Left out where a host refuses them: copies have a gap then. */
  preliminary?: Target[][];
  /** What `converge` resolves with once all is written. */
  result: Result;
}

/** What an operation on a resource comes to: which claims must be on which hosts. */
export interface Intent<Result = unknown> {
  reach: Reach;
  owner: string;
  /** The owner key before a rename. */
  previousOwner: string | undefined;
  token: string;
  mode: "create" | "update" | "delete";
  adopt: boolean;
  /** The incarnation that a create takes the place of: its claim may be on the same machine under another name. */
  replaced?: string | undefined;
  /** Hosts that claims go to; none for a delete. */
  hosts: readonly HostRecord[];
  /** Hosts that may hold the resource's claims from before, in the order of deletion. */
  oldHosts: readonly HostRecord[];
  /** Seconds to wait until `plan` finds what it needs. */
  attachTimeout: number;
  /** What is to be written, from what was seen. Throws a TaasError; one with code `port-missing` is waited for. */
  plan(seen: ReadonlyMap<string, Look>): Promise<Steps<Result>>;
}

const CAUSE_UNKNOWN = { code: "half-done", host: undefined, hint: undefined } as const;

/** An operation that failed half-way and could not be taken back: what exists is for the next run to finish. */
export class HalfDoneError extends TaasError {
  constructor(
    readonly token: string,
    /** One a host. */
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
