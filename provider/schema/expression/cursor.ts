import { ExpressionError } from "./error";
import { type Token, tokensOf } from "./tokens";

/** The deepest nesting of parentheses. */
const MAX_DEPTH = 100;

/** A position in the tokens of an expression. */
export class Cursor {
  private readonly tokens: readonly Token[];
  private readonly closings: ReadonlyMap<number, number>;
  private index = 0;
  private depth = 0;

  constructor(text: string) {
    this.tokens = tokensOf(text);
    this.closings = closingsOf(this.tokens);
  }

  /** The next token, or the one `by` positions after it. */
  ahead(by = 0): Token {
    return this.tokens[Math.min(this.index + by, this.tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.ahead();
    if (token.text !== "") this.index++;
    return token;
  }

  takeIf(texts: readonly string[]): Token | undefined {
    return texts.includes(this.ahead().text) ? this.take() : undefined;
  }

  /** Takes the next tokens if they have these texts; returns whether it did. */
  takeAll(...texts: readonly (readonly string[])[]): boolean {
    const isNext = texts.every((choice, by) => choice.includes(this.ahead(by).text));
    if (isNext) this.index += texts.length;
    return isNext;
  }

  /** Reads what is in parentheses. */
  grouped<Inside>(inside: () => Inside): Inside {
    const open = this.take();
    if (++this.depth > MAX_DEPTH) refuse(open, `parentheses may be at most ${MAX_DEPTH} deep`);
    const read = inside();
    const close = this.take();
    if (close.text === "") refuse(open, "this parenthesis is not closed");
    if (close.text !== ")") refuse(close, 'this must be "and", "or" or ")"');
    this.depth--;
    return read;
  }

  /** The text after the group that starts here; empty if the group is not closed. */
  behindGroup(): string {
    const closing = this.closings.get(this.index);
    return closing === undefined ? "" : this.tokens[closing + 1]!.text;
  }
}

/** Rejects a token. */
export function refuse({ at, text }: Token, reason: string): never {
  throw new ExpressionError(at, text, reason);
}

/** The position at which each parenthesis is closed. */
function closingsOf(tokens: readonly Token[]): Map<number, number> {
  const closings = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { text }] of tokens.entries()) {
    if (text === "(") open.push(index);
    const opening = text === ")" ? open.pop() : undefined;
    if (opening !== undefined) closings.set(opening, index);
  }
  return closings;
}
