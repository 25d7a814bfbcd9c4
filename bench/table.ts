import { type Extent, type Figure, type Section, type Target, verdict } from "./figure";

const HEADS = ["Figure", "Ours", "Baseline", "Ratio", "Target", "Verdict"];

function targetText(target: Target | undefined): string {
  if (target === undefined) return "";
  return "atMost" in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
}

function cells(figure: Figure, extent: Extent): string[] {
  const { what, ours, baseline, ratio, target } = figure;
  const judged = extent === "full" ? [targetText(target), verdict(figure)] : ["", ""];
  return [what, ours, baseline, ratio.toFixed(2), ...judged];
}

/** All sections as one Markdown table, and their notes below it. A smoke run judges nothing. */
export function table(sections: readonly Section[], extent: Extent): string {
  const rows = sections.flatMap(({ title, figures }) => [
    [`**${title}**`, "", "", "", "", ""],
    ...figures.map((figure) => cells(figure, extent)),
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const notes = sections.flatMap(({ title, notes }) => notes.map((note) => `- ${title}: ${note}`));
  return [line(HEADS), rule, ...rows.map(line), ...(notes.length ? ["", ...notes] : [])].join("\n");
}
