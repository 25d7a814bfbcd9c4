/** Whether a text is short, and nothing but printable ASCII without what JSON escapes: the names that ports have in practice. */
function isPlain(text: string): boolean {
  return /^[ !#-[\]-~]{0,255}$/.test(text);
}

/**
 * Whether a name is like a pattern, in which `*` stands for any characters and `?` for one. In time of pattern by name at most, whatever
 * both are. A name that is not plain is like nothing but `*`. The keeper decides alike.
 */
export function isLike(name: string, pattern: string): boolean {
  if (!isPlain(name)) return /^\*+$/.test(pattern);
  let [at, place, star, mark] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[place] === "*") {
      star = place++;
      mark = at;
    } else if (pattern[place] === "?" || pattern[place] === name[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[place] === "*") place++;
  return place === pattern.length;
}
