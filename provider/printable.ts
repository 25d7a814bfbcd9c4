/**
 * Characters that control a terminal (cursor, colours, bell) or reverse the reading direction: all control characters
 * except tab and line break.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** The most characters of one text that are shown; a host may send a text of any length. */
const LONGEST = 16_384;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Prefixes that Azure Pipelines (`##vso[`), GitHub Actions (`##[`) and TeamCity (`##teamcity[`) read as a command
 * anywhere in a line.
 */
const LOG_COMMAND = /##(?=\w*\[)/g;

/**
 * Text of any length in which every character that could control a terminal or a pipeline is written as `\uXXXX`. JSON
 * remains the same JSON.
 */
export function harmless(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(STEERING, escaped)
    .replace(LOG_COMMAND, `#${escaped("#")}`);
}

/** A text without what is too long of it, and how much that is; never cut within a character. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const isWithin = /[\ud800-\udbff]/.test(text[longest - 1]!) && /[\udc00-\udfff]/.test(text[longest]!);
  const end = isWithin ? longest - 1 : longest;
  return `${text.slice(0, end)}... (${text.length - end} more characters)`;
}

function cut(text: string): string {
  return harmless(shortened(text, LONGEST));
}

/**
 * A message that may quote a host, safe to print to a terminal or a log: characters that could control either are
 * written as `\uXXXX`, as in JSON, and text beyond 16384 characters is cut. A line break becomes ` | `, so that no
 * quoted text can start a line of its own, where pipelines look for commands.
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

/** Like `printable`, for a name or a single value: line breaks and tabs become `\uXXXX` too. */
export function printableLine(text: string): string {
  return cut(text).replace(/[\t\n]/g, escaped);
}
