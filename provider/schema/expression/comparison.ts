import { type Cursor, refuse } from "./cursor";
import { type Flags, IPV4, type Match } from "./match";
import type { Token } from "./tokens";
import { numberOf } from "./values";

/** TCP flags by their names in pcap-filter(7). */
const FLAG_BITS: ReadonlyMap<string, number> = new Map([
  ["tcp-fin", 0x01],
  ["tcp-syn", 0x02],
  ["tcp-rst", 0x04],
  ["tcp-push", 0x08],
  ["tcp-ack", 0x10],
  ["tcp-urg", 0x20],
  ["tcp-ece", 0x40],
  ["tcp-cwr", 0x80],
]);
const ALL_FLAGS = 0xff;
const AND = ["&"];
const OR = ["|", "^"];
const COMPARED = ["=", "==", "!="];
/** Tokens that may follow one side of a comparison. */
const BEHIND_SIDE = [...AND, ...OR, ...COMPARED, "<", ">", "<=", ">=", "<<", ">>", "+", "*", "%"];

/** A side of a comparison: a number, or a mask applied to a packet's flags. */
type Side = { number: number } | { mask: number };

/**
 * Whether a comparison starts at the next token, or `by` tokens later: it starts with a header field, or with a number
 * or a group before an operator.
 */
export function isComparison(cursor: Cursor, by = 0): boolean {
  const { text, isWord } = cursor.ahead(by);
  if (by === 0 && text === "(") return BEHIND_SIDE.includes(cursor.behindGroup());
  if (FLAG_BITS.has(text)) return true;
  const behind = cursor.ahead(by + 1).text;
  return isWord && (behind === "[" || (numberOf(text) !== undefined && BEHIND_SIDE.includes(behind)));
}

/** Reads a comparison of TCP flags with a number. */
export function comparison(cursor: Cursor): Partial<Match>[] {
  const left = masks(cursor);
  const operator = cursor.take();
  if (!COMPARED.includes(operator.text)) refuse(operator, "flags are compared by = and != only");
  const right = masks(cursor);
  if ("number" in left === "number" in right)
    return refuse(
      operator,
      'one side must be flags, as in "tcp[tcpflags] & tcp-syn != 0", the other a number',
    );
  const mask = "mask" in left ? left.mask : (right as { mask: number }).mask;
  const value = "number" in left ? left.number : (right as { number: number }).number;
  if ((value & ~mask) !== 0) return refuse(operator, `one side has bits that the other never has`);
  return operator.text === "!=" ? otherThan({ mask, value }) : same({ mask, value });
}

/** Numbers and flags joined by operators; `&` binds tighter. */
function masks(cursor: Cursor): Side {
  return joined(cursor, OR, () => joined(cursor, AND, () => side(cursor)));
}

function joined(cursor: Cursor, operators: readonly string[], part: () => Side): Side {
  let left = part();
  for (;;) {
    const operator = cursor.takeIf(operators);
    if (operator === undefined) return left;
    left = sideOf(left, operator, part());
  }
}

function sideOf(left: Side, operator: Token, right: Side): Side {
  if ("number" in left && "number" in right) {
    const [a, b] = [left.number, right.number];
    return { number: operator.text === "&" ? a & b : operator.text === "|" ? a | b : a ^ b };
  }
  if (operator.text !== "&") refuse(operator, 'flags can only be masked, as in "tcp[tcpflags] & tcp-syn"');
  const bits = (one: Side) => ("number" in one ? one.number : one.mask);
  return { mask: bits(left) & bits(right) };
}

function side(cursor: Cursor): Side {
  if (cursor.ahead().text === "(") return cursor.grouped(() => masks(cursor));
  const token = cursor.take();
  const number = FLAG_BITS.get(token.text) ?? numberOf(token.text);
  if (number !== undefined) return { number };
  if (token.text === "tcp" && cursor.takeAll(["["], ["tcpflags", "13", "13:1"], ["]"]))
    return { mask: ALL_FLAGS };
  return refuse(token, "of a packet's contents, only tcp[tcpflags] can be compared");
}

/** TCP over IPv4: pcap-filter(7) has no TCP flags for IPv6. */
const TCP = { etherType: IPV4, protocol: 6 };

function same(flags: Flags): Partial<Match>[] {
  // Any flags, but a TCP header must be present, so no later fragment matches.
  if (flags.mask === 0) return [{ ...TCP, destinationPort: { first: 0, last: 65535 } }];
  return [{ ...TCP, flags }];
}

/** One match for each flag that may differ. */
function otherThan({ mask, value }: Flags): Partial<Match>[] {
  const bits = [...FLAG_BITS.values()].filter((bit) => (mask & bit) !== 0);
  return bits.map((bit) => ({ ...TCP, flags: { mask: bit, value: ~value & bit } }));
}
