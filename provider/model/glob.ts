import { matchesWildcards } from "../wildcards";

/**
 * Whether a text is short and consists only of printable ASCII that JSON does not escape, as port names do in practice.
 */
function isPlain(text: string): boolean {
  return /^[ !#-[\]-~]{0,255}$/.test(text);
}

/**
 * Whether a name matches a pattern in which `*` stands for any characters and `?` for one. A name that is not plain
 * matches only `*`. The keeper decides in the same way.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  return isPlain(name) ? matchesWildcards(name, pattern) : /^\*+$/.test(pattern);
}
