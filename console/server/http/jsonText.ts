import { harmless, shortened } from "../../../provider/printable";

/** Characters of one text that are sent; a host may name things as long as it likes. */
const LONGEST = 4096;

/** Fields that have texts of many lines. */
const LONG = new Set(["pulumiDiff", "programDiff", "json", "moveCode"]);
/** Characters of those. */
const LONGEST_OF_LONG = 1024 * 1024;

/** JSON for the page: texts are cut, and have nothing that could steer a terminal. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    const longest = LONG.has(key) ? LONGEST_OF_LONG : LONGEST;
    return typeof inner === "string" ? shortened(inner, longest) : inner;
  });
  return harmless(text);
}
