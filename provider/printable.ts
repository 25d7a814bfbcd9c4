/** What moves a terminal's cursor, colours, rings or turns the reading direction round: controls but for tab and line break. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** Characters of one text that are shown; a host may send as much as it likes. */
const LONGEST = 16_384;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Text of any length in which what could steer a terminal is written as `\uXXXX`; JSON stays the same JSON. */
export function harmless(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(STEERING, escaped);
}

/**
 * Text that may come from a host, made harmless for the terminal or log it ends up in: what could steer either is
 * written as `\uXXXX`, as JSON does, and what is longer than 16384 characters is cut. Line breaks stay.
 */
export function printable(text: string): string {
  return harmless(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);
}

/** The same, with line breaks and tabs written as `\uXXXX` too: nothing can pass for a line of its own. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, escaped);
}
