import { comparison, isComparison } from "./comparison";
import { Cursor, refuse } from "./cursor";
import { type End, isProtocol, type Kind, LINK, type Qualifiers, UNSUPPORTED } from "./qualifiers";
import { type Behind, ofProtocol, placed, tagged, unplaced } from "./term";
import { joined, type Term, type Tree } from "./tree";
import { numberOf, readVlan } from "./values";
import { isMac, matchesOf } from "./valueTerm";

const AND = ["and", "&&"];
const OR = ["or", "||"];
const NOT = ["not", "!"];
const KINDS: readonly string[] = ["host", "net", "port", "portrange", "proto"];
const ENDS: readonly string[] = ["src", "dst"];

/** Whether a word is a keyword, and so not a value. */
function isKeyword(word: string): boolean {
  const words = [...AND, ...OR, ...NOT, ...KINDS, ...ENDS, "vlan", ""];
  return words.includes(word) || isProtocol(word) || Object.hasOwn(UNSUPPORTED, word);
}

/**
 * Parses an expression by the grammar of pcap-filter(7): `and` and `or` have the same precedence and associate to the
 * left, and a value without qualifiers takes those of the value before it. Throws an `ExpressionError` if the text
 * cannot be parsed.
 */
export function parse(text: string): Tree {
  return new Parser(new Cursor(text)).whole();
}

class Parser {
  /** Everything after `vlan`, to the end of the expression, matches tagged frames. */
  private behind: Behind = "no tag";
  /** The qualifiers of the last value; undefined if the last term has none. */
  private last: Qualifiers | undefined;

  constructor(private readonly cursor: Cursor) {}

  whole(): Tree {
    const tree = this.expression();
    const rest = this.cursor.ahead();
    if (rest.text !== "") refuse(rest, 'this must be "and", "or", ")" or the end');
    return tree;
  }

  private expression(): Tree {
    return this.chain(this.term(), () => (this.isValueNext() ? this.value() : this.term()));
  }

  private chain(first: Tree, part: () => Tree): Tree {
    let tree = first;
    for (;;) {
      const operator = this.cursor.takeIf([...AND, ...OR]);
      if (operator === undefined) return tree;
      tree = joined(AND.includes(operator.text) ? "and" : "or", tree, part());
    }
  }

  /** A part after any number of negations. */
  private negated(part: () => Tree): Tree {
    let isNegated = false;
    while (this.cursor.takeIf(NOT) !== undefined) isNegated = !isNegated;
    const tree = part();
    return isNegated ? { kind: "not", part: tree } : tree;
  }

  /** Whether a value without qualifiers is next, after negations and parentheses. */
  private isValueNext(): boolean {
    if (this.last === undefined || isComparison(this.cursor)) return false;
    let by = 0;
    while (["(", ...NOT].includes(this.cursor.ahead(by).text)) by++;
    const { text, isWord } = this.cursor.ahead(by);
    return isWord && !isKeyword(text) && !isComparison(this.cursor, by);
  }

  private term(): Tree {
    return this.negated(() => {
      if (isComparison(this.cursor)) {
        this.last = undefined;
        return leaf(placed(comparison(this.cursor), this.behind));
      }
      if (this.cursor.ahead().text !== "(") return this.qualified() ?? leaf(this.word());
      const outside = this.last;
      const tree = this.cursor.grouped(() => this.expression());
      this.last = outside;
      return tree;
    });
  }

  /** A value with qualifiers; undefined if none starts here. */
  private qualified(): Tree | undefined {
    const by = isProtocol(this.cursor.ahead().text) ? 1 : 0;
    const { text } = this.cursor.ahead(by);
    if (!KINDS.includes(text) && !ENDS.includes(text)) return undefined;
    const protocol = by === 1 ? this.cursor.take().text : undefined;
    const start = this.cursor.ahead();
    const end = this.end();
    const kind = this.cursor.takeIf(KINDS)?.text as Kind | undefined;
    if (kind === "proto" && end !== undefined) refuse(start, "a protocol has no source or destination");
    this.last = { protocol, end: end ?? "either", kind: kind ?? "host" };
    return this.value();
  }

  private end(): End | undefined {
    const { cursor } = this;
    for (const [one, other] of [ENDS, [...ENDS].reverse()]) {
      if (cursor.takeAll([one!], OR, [other!])) return "either";
      if (cursor.takeAll([one!], AND, [other!])) return "both";
    }
    return cursor.takeIf(ENDS)?.text as End | undefined;
  }

  /** A value, or several in parentheses, with the last qualifiers. */
  private value(): Tree {
    return this.negated(() => {
      const { cursor, last } = this;
      if (cursor.ahead().text === "(")
        return this.cursor.grouped(() => this.chain(this.value(), () => this.value()));
      const token = cursor.take();
      if (token.text === "") refuse(token, `a value of ${last!.kind} is missing`);
      const length = cursor.takeIf(["/"]) === undefined ? undefined : cursor.take();
      const matches = matchesOf(last!, { token, length });
      return leaf(isMac(last!) ? unplaced(matches) : placed(matches, this.behind));
    });
  }

  /** A term of a single word, or `vlan` with its number. */
  private word(): Term {
    const token = this.cursor.take();
    const { text } = token;
    this.last = undefined;
    if (!token.isWord) return refuse(token, 'a term is missing before it, such as "tcp port 443"');
    if (text === "vlan") {
      if (this.behind === "tag")
        refuse(token, "Open vSwitch sees one tag only. For several VLANs, give a list of rules instead");
      this.behind = "tag";
      return tagged(
        numberOf(this.cursor.ahead().text) === undefined ? undefined : readVlan(this.cursor.take()),
      );
    }
    if (LINK.includes(text)) {
      const behind = UNSUPPORTED[this.cursor.ahead().text];
      return refuse(token, behind ?? "write host, src, dst or proto after it");
    }
    if (isProtocol(text)) return placed([ofProtocol(text)], this.behind);
    if (Object.hasOwn(UNSUPPORTED, text)) refuse(token, UNSUPPORTED[text]!);
    if (/^[\d:]/.test(text)) refuse(token, "write host, net or port before it");
    return refuse(token, "filters do not support this term; docs/tap-flow.md lists the supported ones");
  }
}

function leaf(term: Term): Tree {
  return { kind: "term", term };
}
