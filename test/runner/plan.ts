import type { TestFile } from "./select";

/** What one mocha process runs. */
export interface Job {
  name: string;
  files: readonly TestFile[];
}

/** Files whose tests compare how many frames are lost, a rate, or how long something takes: nothing else runs beside them. */
export const ALONE: ReadonlySet<TestFile> = new Set([
  "integration/bench",
  "integration/copies/attachment",
  "integration/copies/production",
  "integration/faults/migration",
  "integration/host/hostileServer",
  "integration/lifecycle/edits",
  "integration/plugin/import",
  "integration/treatment/rateLimit",
]);

/** The files that take longest, the longest first. They are started in this order, so that none of them is left alone at the end. */
export const LONGEST: readonly TestFile[] = [
  "integration/faults/crash",
  "integration/faults/stopped",
  "integration/drift/pieces",
  "integration/faults/writers",
  "integration/faults/daemons",
  "integration/examples",
  "integration/faults/survival",
  "integration/documentation",
  "integration/faults/keeper",
  "integration/filter/preview",
  "integration/engineFailure",
  "integration/engine",
  "integration/engineOptions",
  "integration/lifecycle/outputs",
  "integration/plugin/kills",
  "integration/faults/hangs",
  "integration/faults/neighbours",
  "integration/faults/keeperCrash",
  "integration/treatment/ipv6Underlay",
  "integration/copies/integrationBridge",
  "integration/treatment/captureGroups",
  "integration/claimsCommandLine",
  "integration/compatibility",
  "integration/lifecycle/moves",
  "integration/lifecycle/outside",
  "integration/claims",
  "integration/treatment/slices",
];

/** Jobs that run side by side, and those that run one after another when these are done; the longest first. */
export function planOf(files: readonly TestFile[]): { together: Job[]; alone: Job[] } {
  const unit = files.filter((file) => file.startsWith("unit/"));
  const others = files
    .filter((file) => !file.startsWith("unit/"))
    .sort((a, b) => place(a) - place(b))
    .map((file) => ({ name: file, files: [file] }));
  return {
    together: [
      ...(unit.length > 0 ? [{ name: "unit", files: unit }] : []),
      ...others.filter(({ name }) => !ALONE.has(name)),
    ],
    alone: others.filter(({ name }) => ALONE.has(name)),
  };
}

function place(file: TestFile): number {
  const at = LONGEST.indexOf(file);
  return at < 0 ? LONGEST.length : at;
}
