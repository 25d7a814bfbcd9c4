/** What moves a terminal's cursor, colours, rings or turns the reading direction round: controls but for tab and line break. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** Characters of one text that are shown; a host may send as much as it likes. */
const LONGEST = 16_384;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** What Azure Pipelines (`##vso[`), GitHub Actions (`##[`) and TeamCity (`##teamcity[`) take for a command wherever in a line it stands. */
const LOG_COMMAND = /##(?=\w*\[)/g;

/** Text of any length in which what could steer a terminal or a pipeline is written as `\uXXXX`; JSON stays the same JSON. */
export function harmless(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(STEERING, escaped)
    .replace(LOG_COMMAND, `#${escaped("#")}`);
}

function cut(text: string): string {
  return harmless(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);
}

/**
 * A message with words that may come from a host, made harmless for the terminal or log it ends up in: what could steer either is
 * written as `\uXXXX`, as JSON does, and what is longer than 16384 characters is cut. A line break becomes ` | `, so that no words can
 * pass for a line of their own, which pipelines read commands from.
 */
export function printable(text: string): string {
  const lines = cut(text).split("\n");
  return lines.length === 1
    ? lines[0]!
    : lines
        .map((line) => line.trim())
        .filter((line) => line !== "")
        .join(" | ");
}

/** A name or value that may come from a host, likewise; line breaks and tabs are written as `\uXXXX` too. */
export function printableLine(text: string): string {
  return cut(text).replace(/[\t\n]/g, escaped);
}
