import type { Rule } from "../model/desired";

/** Seconds that OpenFlow can count ahead: the field has 16 bits (openflow-spec 1.4.0, section 7.3.4.1). */
export const LONGEST_TIMEOUT = 65_535;

/** Milliseconds by which a rule may end before or after its time: it is written with whole seconds, and a little later. */
const TOLERANCE = 2000;

/** When a rule that a bridge has ends: so many seconds after it was written, and milliseconds since then. */
export interface PresentEnd {
  hardTimeout: number;
  age: number;
}

/**
 * Rules as a bridge is to have them now. One that ends gets the seconds which are left, rounded down: Open vSwitch looks about once a
 * second. The one that the bridge has keeps its own, if it ends at about the right time: so none is written anew because time has passed.
 * While more seconds are left than OpenFlow can count it has no end yet, and once it is over it is left out.
 * `endOf`: what the bridge has in a rule's place. `now`: by the host's clock.
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
  if (present !== undefined && present.hardTimeout > 0) {
    const ends = now - present.age + present.hardTimeout * 1000;
    if (Math.abs(ends - until) <= TOLERANCE) return present.hardTimeout;
  }
  const left = Math.floor((until - now) / 1000);
  if (left > LONGEST_TIMEOUT) return "uncounted";
  return left < 1 ? "over" : left;
}
