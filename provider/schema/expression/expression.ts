import type { FilterAction, FilterRule } from "../filter/fields";
import { decide } from "./decide";
import { ExpressionError } from "./error";
import { ordered } from "./order";
import { parse } from "./parse";
import { rulesOf } from "./rules";
import { LimitExceeded, Work } from "./work";

/**
 * The result of compiling an expression: the rules of a filter, and what happens to frames that none of them matches.
 */
export interface CompiledExpression {
  rules: readonly FilterRule[];
  defaultAction: FilterAction;
}

/** What an expression comes to, or why it is refused; `at`: the character at which a term begins that this release does not know. */
export type ExpressionReading = { value: CompiledExpression } | { reason: string; at?: number };

/** The most characters of an expression. */
const MAX_EXPRESSION = 16_384;

const NO_FRAME =
  "matches no frame (all terms after vlan match tagged frames only); to stop copies, set enabled: false";

/** Compiled expressions by their text, because a host is read and rendered again and again. */
const known = new Map<string, ExpressionReading>();
/** The most expressions that are kept; the cache is cleared when it is full. */
const MAX_KNOWN = 2000;

/**
 * Compiles a packet filter expression (pcap-filter(7)) to rules that accept the same frames. The rules of a given text
 * are part of what a release renders: if they change, so do the rules on hosts.
 */
export function readExpression(text: string): ExpressionReading {
  const before = known.get(text);
  if (before !== undefined) return before;
  const work = new Work();
  const reading = compile(text, work);
  if (work.isUnfinished) return reading;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, reading);
  return reading;
}

function compile(text: string, work: Work): ExpressionReading {
  if (text.length > MAX_EXPRESSION)
    return { reason: `has ${text.length} characters; an expression has at most ${MAX_EXPRESSION}` };
  try {
    const decisions = ordered(decide(parse(text), work));
    const rules = rulesOf(decisions);
    const accepts = decisions.at(-1)!.accepts;
    if (rules.length === 0 && !accepts) return { reason: NO_FRAME };
    return { value: { rules, defaultAction: accepts ? "accept" : "reject" } };
  } catch (error) {
    if (error instanceof ExpressionError) return { reason: error.message, at: error.at };
    if (error instanceof LimitExceeded) return { reason: error.message };
    throw error;
  }
}
