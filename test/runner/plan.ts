import type { TestFile } from "./select";

/** What one mocha process runs. */
export interface Job {
  name: string;
  files: readonly TestFile[];
}

/**
 * Files whose tests compare how long something takes, or a rate: nothing else runs beside them. Those that count lost frames
 * compare with a control instead, which has the same company.
 */
export const ALONE: ReadonlySet<TestFile> = new Set([
  "browser/scale",
  "integration/bench",
  "integration/capture/capture",
  "integration/host/hostileServer",
  "integration/treatment/rateLimit",
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
  "integration/ovs/lastTap",
  "integration/ovs/newTapBridge",
  "integration/drift/claimLeaves",
  "integration/faults/stopped",
  "integration/faults/writers",
  "integration/faults/migration",
  "integration/lifecycle/edits",
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
  "integration/plugin/import",
  "integration/copies/production",
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
