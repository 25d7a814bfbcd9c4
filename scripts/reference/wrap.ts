/** The columns that a line of the documentation has at most, unless one word is longer. */
const WIDTH = 120;

/** What would begin a list, a heading or a quotation at the beginning of a line. */
const MARKS = /^(?:[-+*>]|#+|\d+[.)])$/;

/** Breaks a text into lines. The first begins with `first`, all others with as many spaces. */
export function wrap(text: string, first = ""): string {
  const lines = [first];
  let isEmpty = true;
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    const fits = line.length + 1 + word.length <= WIDTH;
    if (isEmpty || fits || MARKS.test(word)) lines[lines.length - 1] = `${line}${isEmpty ? "" : " "}${word}`;
    else lines.push(`${" ".repeat(first.length)}${word}`);
    isEmpty = false;
  }
  return lines.join("\n");
}
