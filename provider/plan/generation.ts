import { isDeepStrictEqual } from "node:util";
import type { Desired, Rule } from "../model/desired";
import { type ClaimSet, GENERATION_KEY, WRITES_KEY } from "../model/readClaims";
import { otherConfig } from "./claims";
import { distinctRules } from "./numberRules";

/** A change of a host's claims, and what they come to. */
interface ClaimsChange {
  read: ClaimSet;
  desired: Desired;
  /** What they came to as they were read. */
  before: Desired;
}

/**
 * The generation of a host's rules once only claims are written: that of before where the rules stay what they are, as when one
 * more flow comes by a tunnel. Who writes rules goes by it, and need not begin anew then. It is raised all the same where something of ours
 * is elsewhere than in OVSDB and in the tap bridge's rules: commands put that there, and they know of the generation alone.
 */
export function generationOfClaims({ read, desired, before }: ClaimsChange): number {
  const config = otherConfig(desired, read.bridge, read.generation);
  const elsewhere = Object.keys(config).some((key) => key !== GENERATION_KEY && key !== WRITES_KEY);
  return read.generation + (elsewhere || !haveSameRules(desired, before) ? 1 : 0);
}

function haveSameRules(a: Desired, b: Desired): boolean {
  const [these, others] = [distinctRules(a.rules), distinctRules(b.rules)];
  return these.length === others.length && these.every((rule, index) => isSameRule(rule, others[index]!));
}

/** Whether two rules are one on a bridge, whoever needs it. */
function isSameRule({ owners: _, ...a }: Rule, { owners: __, ...b }: Rule): boolean {
  return isDeepStrictEqual(a, b);
}
