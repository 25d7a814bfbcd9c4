import type { HostRecord } from "../host/host";
import type { ClaimSet } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import type { Change } from "../plan/change";

/** What an operation sees of a host before it writes. */
export interface Look {
  record: HostRecord;
  facts: Facts;
  read: ClaimSet;
  /** By the host's clock, in milliseconds since 1970; before all time where no claim there ends. */
  now: number;
}

/** How one host differs from what its claims say, in words, and whose claims each difference concerns. */
export interface Difference extends Pick<Change, "what" | "about" | "owners"> {
  /** It is what a writer leaves between its transaction and its rules. */
  transient?: true;
}

/** A look, with all that is not as the host's claims say. */
export interface Inspection extends Look {
  differences: Difference[];
}
