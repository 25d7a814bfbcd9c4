import type { Rule } from "../model/desired";

/** The longest timeout of OpenFlow in seconds: the field has 16 bits (openflow-spec 1.4.0, section 7.3.4.1). */
export const LONGEST_TIMEOUT = 65_535;

/**
 * Milliseconds by which the end of a rule may differ from the right time: its timeout is in whole seconds, and it is
 * written a little later.
 */
const TOLERANCE = 2000;

/** When an existing rule ends: its timeout in seconds, and the moment by the host's clock. */
export interface PresentEnd {
  hardTimeout: number;
  ends: number;
}

/**
 * Rules as a bridge should have them now. A rule with an end gets the remaining seconds as its timeout, rounded down,
 * because Open vSwitch checks about once a second. An existing rule keeps its timeout if it ends at about the right
 * time, so that no rule is rewritten merely because time has passed. A rule has no timeout while more seconds remain
 * than OpenFlow can express, and is left out once it is over. `endOf`: the existing rule, if it differs from this one
 * in nothing but its timeout. A rule that is written again gets a new timeout, because Open vSwitch counts it from
 * then. `now`: by the host's clock.
 */
export function settleEnds(
  rules: readonly Rule<number>[],
  endOf: (rule: Rule<number>) => PresentEnd | undefined,
  now: number,
): Rule<number>[] {
  return rules.flatMap((rule) => {
    if (rule.until === undefined) return [rule];
    const seconds = secondsOf(rule.until, endOf(rule), now);
    if (seconds === "over") return [];
    return seconds === "uncounted" ? [rule] : [{ ...rule, hardTimeout: seconds }];
  });
}

function secondsOf(
  until: number,
  present: PresentEnd | undefined,
  now: number,
): number | "over" | "uncounted" {
  if (present !== undefined && present.hardTimeout > 0 && Math.abs(present.ends - until) <= TOLERANCE)
    return present.hardTimeout;
  const left = Math.floor((until - now) / 1000);
  if (left > LONGEST_TIMEOUT) return "uncounted";
  return left < 1 ? "over" : left;
}
