/** Lines around a change. */
const AROUND = 3;

/**
 * The unified diff of two texts that differ in one place, as after an edit of the console; empty if they are equal.
 * `file` names both.
 */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return "";
  const [old, now] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail += 1;
  const from = Math.max(0, head - AROUND);
  const kept = Math.min(tail, AROUND);
  const removed = old.slice(head, old.length - tail);
  const added = now.slice(head, now.length - tail);
  const around = {
    above: old.slice(from, head),
    below: old.slice(old.length - tail, old.length - tail + kept),
  };
  const count = (middle: number) => around.above.length + middle + around.below.length;
  return [
    `--- ${file}`,
    `+++ ${file}`,
    `@@ -${from + 1},${count(removed.length)} +${from + 1},${count(added.length)} @@`,
    ...around.above.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...around.below.map((line) => ` ${line}`),
  ].join("\n");
}

function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}

/** The deleted and added lines of a diff, regardless of their positions and context. */
export function changedLines(diff: string): string {
  return diff
    .split("\n")
    .filter((line) => !line.startsWith(" ") && !line.startsWith("@@"))
    .join("\n");
}
