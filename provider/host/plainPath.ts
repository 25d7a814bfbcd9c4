/**
 * Whether a path is absolute and made of letters, digits and `. _ + / @ , = -` alone. Such a path is one word in every shell, and
 * `ssh` finds nothing in it to expand or to split: it expands `%h` and `${VARIABLE}` in forwarded sockets, which it separates by
 * colons (ssh_config(5), TOKENS and ENVIRONMENT VARIABLES).
 */
export function isPlainPath(path: string): boolean {
  return /^\/[\w.+/@,=-]+$/.test(path);
}
