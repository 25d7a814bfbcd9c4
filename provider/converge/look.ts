import type { HostRecord } from "../host/host";
import type { ClaimSet } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import type { Change } from "../plan/change";

/** What an operation reads of a host before it writes. */
export interface Look {
  record: HostRecord;
  /** What tells the machine from a clone of it; see `HostProbe`. */
  bootId: string;
  facts: Facts;
  read: ClaimSet;
  /** By the host's clock, in milliseconds since 1970; negative infinity if none of its claims ends. */
  now: number;
}

/** A difference between a host and its claims, in words, and whose claims it concerns. */
export interface Difference extends Pick<Change, "what" | "about" | "owners"> {
  /** It is what a writer leaves between its transaction and its rules. */
  transient?: true;
  /** It concerns the host's keeper, through which no copy passes. */
  keeper?: true;
}

/** A look, with every difference from the host's claims. */
export interface Inspection extends Look {
  differences: Difference[];
}
