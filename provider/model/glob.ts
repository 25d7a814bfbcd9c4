import { matchesWildcards } from "../wildcards";

/** Whether a text is short, and nothing but printable ASCII without what JSON escapes: the names that ports have in practice. */
function isPlain(text: string): boolean {
  return /^[ !#-[\]-~]{0,255}$/.test(text);
}

/**
 * Whether a name is like a pattern, in which `*` stands for any characters and `?` for one. A name that is not plain is like nothing
 * but `*`. The keeper decides alike.
 */
export function isLike(name: string, pattern: string): boolean {
  return isPlain(name) ? matchesWildcards(name, pattern) : /^\*+$/.test(pattern);
}
