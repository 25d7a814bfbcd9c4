/** Characters that change the reading direction, or are not readable. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/**
 * Text from a host on one line: characters that could reverse the line are written as `\uXXXX`, and the text is cut
 * after `longest` characters, because a host may send any amount.
 */
export function plain(text: string, longest = 200): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(STEERING, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for text of several lines. */
export function plainLines(text: string, longest = 65_536): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut
    .split("\n")
    .map((line) => plain(line, longest))
    .join("\n");
}
