/**
 * Whether a text matches a pattern in which `*` stands for any characters and `?` for one. Each part between two stars
 * is matched where it first occurs, so the number of stars does not affect the running time.
 */
export function matchesWildcards(text: string, pattern: string): boolean {
  const [first, last] = [pattern.indexOf("*"), pattern.lastIndexOf("*")];
  if (first < 0) return text.length === pattern.length && fits(text, 0, pattern);
  const [head, tail] = [pattern.slice(0, first), pattern.slice(last + 1)];
  const end = text.length - tail.length;
  if (end < head.length || !fits(text, 0, head) || !fits(text, end, tail)) return false;
  let at = head.length;
  for (const piece of pattern.slice(first + 1, last).split("*")) {
    const found = piece.includes("?") ? find(text, piece, at) : text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

/** Whether a text matches a part without stars at a given position. */
function fits(text: string, at: number, piece: string): boolean {
  if (at + piece.length > text.length) return false;
  let place = at;
  for (const literal of piece.split("?")) {
    if (!text.startsWith(literal, place)) return false;
    place += literal.length + 1;
  }
  return true;
}

/**
 * The first position, at or after `from`, at which a text matches a part with `?`. Only occurrences of the part's
 * longest literal are tried. -1 if there is none.
 */
function find(text: string, piece: string, from: number): number {
  const literal = piece.split("?").reduce((longest, one) => (one.length > longest.length ? one : longest));
  const offset = piece.indexOf(literal);
  for (let at = text.indexOf(literal, from + offset); at >= 0; at = text.indexOf(literal, at + 1)) {
    if (fits(text, at - offset, piece)) return at - offset;
    if (at - offset + piece.length > text.length) return -1;
  }
  return -1;
}
