import { harmless, shortened } from "../../../provider/printable";

/** The most characters of one text that are sent; a host may use names of any length. */
const LONGEST = 4096;

/** Fields with texts of many lines. */
const LONG = new Set(["pulumiDiff", "programDiff", "json", "moveCode"]);
/** The most characters of those. */
const LONGEST_OF_LONG = 1024 * 1024;

/** JSON for the page: texts are cut, and contain nothing that could control a terminal. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    const longest = LONG.has(key) ? LONGEST_OF_LONG : LONGEST;
    return typeof inner === "string" ? shortened(inner, longest) : inner;
  });
  return harmless(text);
}
