import { ExpressionError } from "./error";

/** A word, number, address or operator of an expression. */
export interface Token {
  /** Empty at the end of the expression. */
  text: string;
  /** The position of its first character, from 1. */
  at: number;
  isWord: boolean;
}

/** Words, including numbers, ranges and addresses; a leading backslash keeps a name from being a keyword. */
const WORD = /\\?[A-Za-z0-9_.:-]+/y;
const OPERATOR = /&&|\|\||==|!=|<=|>=|<<|>>|[!()[\]&|^=<>+*/%]/y;
const BLANK = /[ \t\r\n]+/y;

/**
 * Splits an expression into tokens, with an empty one at the end. Throws an `ExpressionError` at a character that
 * starts no token.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  while (at < text.length) {
    if (take(BLANK) !== undefined) continue;
    const start = at + 1;
    const word = take(WORD);
    const taken = word ?? take(OPERATOR);
    if (taken === undefined) {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      throw new ExpressionError(start, character, "an expression has no such character");
    }
    tokens.push({ text: taken, at: start, isWord: word !== undefined });
  }
  return [...tokens, { text: "", at: text.length + 1, isWord: false }];
}
