import type { Desired } from "../model/desired";
import { type ClaimSet, GENERATION_KEY, WRITES_KEY } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import { otherConfig } from "./claims";
import { flowText } from "./flowText";
import { tapRules } from "./numberRules";

/** A change of a host's claims, and what they come to. */
interface ClaimsChange {
  read: ClaimSet;
  desired: Desired;
  /** What they came to as they were read. */
  before: Desired;
  facts: Facts;
  tapBridge: string;
}

/**
 * The generation of a host's rules once only claims are written: that of before where the rules stay what they are, as when one
 * more flow comes by a tunnel. Who writes rules goes by it, and need not begin anew then. It is raised all the same where something of ours
 * is elsewhere than in OVSDB and in the tap bridge's rules: commands put that there, and they know of the generation alone.
 */
export function generationOfClaims({ read, desired, before, facts, tapBridge }: ClaimsChange): number {
  const config = otherConfig(desired, read.bridge, read.generation);
  const elsewhere = Object.keys(config).some((key) => key !== GENERATION_KEY && key !== WRITES_KEY);
  const linesOf = (one: Desired) =>
    flowText(tapRules(one, facts, tapBridge, read.generation))
      .split("\n")
      .sort()
      .join("\n");
  return read.generation + (elsewhere || linesOf(desired) !== linesOf(before) ? 1 : 0);
}
