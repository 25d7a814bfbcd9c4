import { isCut, type Rule } from "./desired";
import type { FieldMatch } from "./match";
import { matchText } from "./matchText";
import { TAG_BYTES, TAGGED, UNTAGGED } from "./vlanClass";

/** The fewest bytes that a length limit must leave. */
const LEAST = 14;

function placeOf(rule: Rule, match: readonly FieldMatch[]): string {
  const { table, inPort, holds } = rule;
  return JSON.stringify([table, inPort, holds?.port, matchText(match)]);
}

/**
 * Rules for the kernel datapath, which stores a frame's outermost VLAN tag beside the frame and does not count it when
 * it truncates. A rule that truncates becomes two, of which the one for tagged frames leaves four bytes less, unless
 * the rules already tell tagged frames apart.
 */
export function leaveRoomForTags<Any extends Rule>(rules: readonly Any[]): Any[] {
  const places = new Set(rules.map((rule) => placeOf(rule, rule.match)));
  return rules.flatMap((rule) => {
    const { match, actions } = rule;
    const knowsTag = match.some(({ field }) => field === "vlan_vid");
    if (knowsTag || !actions.some(isCut) || places.has(placeOf(rule, [...match, TAGGED]))) return [rule];
    const shorter = actions.map((action) =>
      isCut(action) ? { ...action, maxLength: Math.max(LEAST, action.maxLength - TAG_BYTES) } : action,
    );
    return [
      { ...rule, match: [...match, UNTAGGED] },
      { ...rule, match: [...match, TAGGED], actions: shorter },
    ];
  });
}
