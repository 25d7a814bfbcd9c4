/** What moves the reading direction or is no character to read. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/**
 * Text that a host wrote, on one line: what could turn the line round is written as `\uXXXX`, and what is beyond `longest`
 * characters is cut, for a host may send as much as it likes.
 */
export function plain(text: string, longest = 200): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(STEERING, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Such text of several lines. */
export function plainLines(text: string, longest = 65_536): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut
    .split("\n")
    .map((line) => plain(line, longest))
    .join("\n");
}
