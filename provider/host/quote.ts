/**
 * Quotes an argv for a POSIX shell (XCU 2.2.2, single quotes): the shell that reads the result runs exactly this argv.
 * Everything is quoted, because an unquoted first word could be a reserved word, an alias or an assignment. Throws a
 * `TypeError` for what no command line can contain: an empty argv, a NUL, an unpaired surrogate.
 */
export function quoteArgv(argv: readonly string[]): string {
  if (argv.length === 0) throw new TypeError("a command needs at least one word");
  return argv.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (word.includes("\0")) throw new TypeError("a command line cannot contain a NUL character");
  if (LONE_SURROGATE.test(word)) throw new TypeError("a command line cannot contain an unpaired surrogate");
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
