import type { Operation } from "../ovs/operations";

/** A step of a plan: what differs, in words, whose claims it concerns, and the OVSDB operations that mend it. */
export interface Change {
  /** One line for people: `missing port mt-..`, `altered mirror ..`. */
  what: string;
  owners: readonly string[];
  operations: Operation[];
  /** It is what a writer leaves for a moment, between two of its transactions. */
  transient?: true;
}
