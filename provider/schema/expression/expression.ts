import type { FilterAction, FilterRule } from "../filter/fields";
import type { Reading } from "../filter/reading";
import { decide } from "./decide";
import { ExpressionError } from "./error";
import { ordered } from "./order";
import { parse } from "./parse";
import { rulesOf } from "./rules";
import { TooMuch, Work } from "./work";

/** What an expression comes to: the rules of a filter, and what becomes of frames that none matches. */
export interface CompiledExpression {
  rules: readonly FilterRule[];
  defaultAction: FilterAction;
}

/** Most characters of an expression. */
const MAX_EXPRESSION = 16_384;

const NO_FRAME =
  "matches no frame (all that follows vlan is about frames with a tag); to stop copies, set enabled: false";

/** What expressions come to, by their text: a host is read and rendered again and again. */
const known = new Map<string, Reading<CompiledExpression>>();
/** Expressions that are kept; then all are forgotten. */
const MAX_KNOWN = 2000;

/**
 * Compiles a packet filter expression (pcap-filter(7)) to the rules that accept the same frames. The rules of a text are part of
 * what a release renders: a change of them is one of the rules on hosts.
 */
export function readExpression(text: string): Reading<CompiledExpression> {
  const before = known.get(text);
  if (before !== undefined) return before;
  const work = new Work();
  const reading = compile(text, work);
  if (work.isUnfinished) return reading;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, reading);
  return reading;
}

function compile(text: string, work: Work): Reading<CompiledExpression> {
  if (text.length > MAX_EXPRESSION)
    return { reason: `has ${text.length} characters, and an expression has at most ${MAX_EXPRESSION}` };
  try {
    const decisions = ordered(decide(parse(text), work));
    const rules = rulesOf(decisions);
    const accepts = decisions.at(-1)!.accepts;
    if (rules.length === 0 && !accepts) return { reason: NO_FRAME };
    return { value: { rules, defaultAction: accepts ? "accept" : "reject" } };
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof TooMuch) return { reason: error.message };
    throw error;
  }
}
