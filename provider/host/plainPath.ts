/**
 * Whether a path is absolute and consists only of letters, digits and `. _ + / @ , = -`. Such a path is one word in
 * every shell, and `ssh` has nothing to expand or split in it. In the paths of forwarded sockets, `ssh` expands `%h`
 * and `${VARIABLE}`, and it separates them by colons (ssh_config(5), TOKENS and ENVIRONMENT VARIABLES).
 */
export function isPlainPath(path: string): boolean {
  return /^\/[\w.+/@,=-]+$/.test(path);
}
