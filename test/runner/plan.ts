import type { TestFile } from "./select";

/** What one mocha process runs. */
export interface Job {
  name: string;
  files: readonly TestFile[];
}

/** Files whose tests compare how long something takes, or a rate: nothing else runs beside them. */
export const ALONE: ReadonlySet<TestFile> = new Set([
  "integration/bench",
  "integration/host/hostileServer",
  "integration/treatment/rateLimit",
]);

/**
 * Files whose tests compare how many of a thousand frames a second are lost: no more of them run side by side than there are
 * processors, since a switch that waits for one a quarter of a second loses frames.
 */
export const FEW: ReadonlySet<TestFile> = new Set([
  "integration/copies/attachment",
  "integration/copies/production",
  "integration/faults/migration",
  "integration/plugin/import",
]);

/**
 * The files that take longest: those with series that a whole run takes all of, then the longest of a usual run first. They are
 * started in this order, so that none of them is left alone at the end.
 */
export const LONGEST: readonly TestFile[] = [
  "integration/faults/crash",
  "integration/drift/pieces",
  "integration/faults/daemons",
  "integration/ovs/foreignRules",
  "integration/drift/claimLeaves",
  "integration/faults/stopped",
  "integration/faults/writers",
  "integration/examples",
  "integration/lifecycle/programs",
  "integration/faults/hangs",
  "integration/filter/preview",
  "integration/lifecycle/components",
  "integration/engineFailure",
  "integration/engineOptions",
  "integration/engine",
  "integration/treatment/distribution",
  "integration/plugin/kills",
  "integration/lifecycle/followTunnels",
  "integration/faults/keeper",
  "integration/lifecycle/restoration",
  "integration/documentation",
  "integration/claimsCommandLine",
  "integration/plugin/provider",
  "integration/plugin/lifecycle",
  "integration/lifecycle/outputs",
  "integration/faults/survival",
  "integration/ovs/hostilePeer",
  "integration/lifecycle/moves",
  "integration/lifecycle/halfDone",
  "integration/lifecycle/edits",
  "integration/lifecycle/stoppedVms",
  "integration/loginShells",
  "integration/compatibility",
  "integration/lifecycle/refusedPorts",
  "integration/lifecycle/sharedTunnels",
  "integration/secrets",
  "integration/faults/neighbours",
  "integration/lifecycle/refusedTunnels",
  "integration/faults/keeperCrash",
  "integration/claims",
  "integration/treatment/bfd",
  "integration/treatment/sharedTransport",
  "integration/treatment/hybridPlug",
  "integration/lifecycle/outside",
  "integration/treatment/oversize",
  "integration/treatment/ipv6Underlay",
  "integration/rights",
  "integration/hostileHost",
];

/** The jobs of a run in three parts that follow each other; in each, the longest first. */
export interface Plan {
  /** Run as many side by side as the machine bears. */
  together: Job[];
  /** Run one on each processor. */
  few: Job[];
  /** Run one after another. */
  alone: Job[];
}

/** Says which jobs run beside which. */
export function planOf(files: readonly TestFile[]): Plan {
  const unit = files.filter((file) => file.startsWith("unit/"));
  const others = files
    .filter((file) => !file.startsWith("unit/"))
    .sort((a, b) => place(a) - place(b))
    .map((file) => ({ name: file, files: [file] }));
  return {
    together: [
      ...(unit.length > 0 ? [{ name: "unit", files: unit }] : []),
      ...others.filter(({ name }) => !ALONE.has(name) && !FEW.has(name)),
    ],
    few: others.filter(({ name }) => FEW.has(name)),
    alone: others.filter(({ name }) => ALONE.has(name)),
  };
}

function place(file: TestFile): number {
  const at = LONGEST.indexOf(file);
  return at < 0 ? LONGEST.length : at;
}
