import { isDeepStrictEqual } from "node:util";
import type { Desired, Rule } from "../model/desired";
import { type ClaimSet, GENERATION_KEY, WRITES_KEY } from "../model/readClaims";
import { otherConfig } from "./claims";
import { distinctRules } from "./numberRules";

/** A change of a host's claims, and its results. */
interface ClaimsChange {
  read: ClaimSet;
  desired: Desired;
  /** The desired state before, from the claims as they were read. */
  before: Desired;
}

/**
 * The generation of a host's rules after a write of claims only. It stays if the rules stay the same, as when one more
 * flow arrives through a tunnel; writers of rules compare it, and then need not start again. It is raised nevertheless
 * if something of ours is outside OVSDB and the tap bridge's rules, because commands wrote that, and they check the
 * generation only.
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

/** Whether two rules are the same on a bridge, whoever needs them. */
function isSameRule({ owners: _, ...a }: Rule, { owners: __, ...b }: Rule): boolean {
  return isDeepStrictEqual(a, b);
}
