import { isDeepStrictEqual } from "node:util";

/** A statement of the demo that turned out not to be so. */
class NotAsSaid extends Error {
  constructor(statement: string, expected: unknown, found: unknown) {
    super(`not as said: ${statement}\n${difference(expected, found)}`);
    this.name = "NotAsSaid";
  }
}

/** Tells a story on standard output, one numbered chapter after the other, and checks what it says. */
export class Narrator {
  private chapters = 0;
  private checked = 0;
  private readonly began = performance.now();
  private readonly colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

  /** How many statements have been checked. */
  get checks(): number {
    return this.checked;
  }

  /** Seconds since the story began. */
  get seconds(): string {
    return ((performance.now() - this.began) / 1000).toFixed(0);
  }

  /** Begins a chapter. */
  chapter(title: string): void {
    this.chapters += 1;
    this.write(`\n${this.paint(1, `${this.chapters}. ${title}`)}`);
  }

  /** Explains, line by line. */
  say(...lines: readonly string[]): void {
    for (const line of lines) this.write(`   ${line}`.trimEnd());
  }

  /** Shows a command and what it printed. */
  show(command: string, output: string): void {
    this.write(this.paint(36, `   $ ${command}`));
    if (output.trim() !== "") this.quote(output);
  }

  /** Shows text that a program made. */
  quote(output: string): void {
    for (const line of output.trimEnd().split("\n")) this.write(this.paint(2, `     ${line}`.trimEnd()));
  }

  /** Makes a statement, which must hold. */
  check(statement: string, found: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(found, expected)) throw new NotAsSaid(statement, expected, found);
    this.checked += 1;
    this.write(`   ${this.paint(32, "ok")} ${statement}`);
  }

  private write(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  private paint(code: number, line: string): string {
    return this.colours ? `\u001b[${code}m${line}\u001b[0m` : line;
  }
}

function difference(expected: unknown, found: unknown): string {
  if (!Array.isArray(expected) || !Array.isArray(found) || expected.length + found.length < 8)
    return `      expected ${short(expected)}\n      found    ${short(found)}`;
  const index = expected.findIndex((each, at) => !isDeepStrictEqual(each, found[at]));
  const at = index < 0 ? expected.length : index;
  return [
    `      expected ${expected.length}, found ${found.length}; the first that differs is number ${at + 1}`,
    `      expected ${short(expected[at])}`,
    `      found    ${short(found[at])}`,
  ].join("\n");
}

function short(value: unknown): string {
  const written = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return written.length > 300 ? `${written.slice(0, 300)}...` : written;
}
