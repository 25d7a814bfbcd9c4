import type { Change, ChangeSummary, ConsoleError, Edit, Preview } from "../../api";
import type { PlannedStep } from "../deploy/steps";
import { changedLines } from "../program/unifiedDiff";
import { sees, type Viewer, waitsForAs } from "../roles/viewer";

/** A change as it is kept. */
export interface ChangeRecord {
  id: string;
  at: string;
  by: string;
  /** Whose it is, where a tenant made it. */
  tenant?: string;
  what: string;
  outcome: ChangeSummary["outcome"];
  waitsFor?: string;
  endedAt?: string;
  approvedBy?: string;
  steps: (PlannedStep & { done: boolean; error?: string })[];
  log: string[];
  error?: ConsoleError;
  programDiff: string;
  preview?: string;
}

/** What a preview was made of, and stands for. */
export interface Bound {
  /** Hash of the program before the edit. */
  program: string;
  /** Hash of the stack's state. */
  state: string;
  /** Generation and drift of each host concerned, by address. */
  hosts: Readonly<Record<string, string>>;
}

/** A preview as the server has it. */
export interface PreviewRecord {
  id: string;
  viewer: Viewer;
  edit: Edit;
  what: string;
  state: Preview["state"];
  waitsFor?: string;
  change?: string;
  steps: PlannedStep[];
  programDiff: string;
  text: string;
  warnings: string[];
  error?: ConsoleError;
  bound?: Bound;
  /** Of all that decides whether a run would do the same. */
  outcome?: string;
  fingerprint?: string;
}

/** Whether a step is on something that a viewer may see. */
export function seesStep(viewer: Viewer, { tenant }: PlannedStep): boolean {
  return sees(viewer, { tenant });
}

/** A line of *Changes*. */
export function summaryOfChange({ id, at, by, what, outcome, waitsFor }: ChangeRecord): ChangeSummary {
  return { id, at, by, what, outcome, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

/** Errors of the console's own, which are about the reader's own request and nothing else. */
const OWN_ERRORS: readonly string[] = [
  "changed",
  "forbidden",
  "in-use",
  "interrupted",
  "invalid",
  "not-found",
  "program-unreadable",
];

/** Why something failed, as a viewer may read it. What Pulumi and the hosts say may be about anything, so a tenant does not get it. */
export function errorFor({ role }: Viewer, error: ConsoleError): ConsoleError {
  if (role !== "tenant" || OWN_ERRORS.includes(error.code)) return error;
  if (error.code === "locked")
    return {
      code: "locked",
      message: "the stack is locked by another run",
      hint: "Preview again when that run has ended",
    };
  return {
    code: "failed",
    message: "the run failed",
    hint: "The reason may be about what others have: an admin sees it on this page",
  };
}

/** A change as a viewer may see it. */
export function changeFor(viewer: Viewer, record: ChangeRecord): Change {
  const { steps, log, tenant: _, preview, programDiff, error: reason, waitsFor, ...rest } = record;
  const seen = steps.filter((step) => seesStep(viewer, step));
  // Pulumi's own words may be about anything.
  const isWhole = viewer.role !== "tenant";
  return {
    ...rest,
    ...(waitsFor === undefined ? {} : { waitsFor: waitsForAs(viewer, waitsFor) }),
    ...(reason === undefined ? {} : { error: errorFor(viewer, reason) }),
    steps: seen.map(({ step, done, error }) => ({
      ...step,
      done,
      ...(error === undefined ? {} : { error: isWhole ? error : "it failed" }),
    })),
    log: isWhole ? log : [],
    programDiff: viewer.role === "tenant" ? changedLines(programDiff) : programDiff,
    ...(preview === undefined ? {} : { preview }),
    mayApprove: mayApprove(viewer, record),
  };
}

/** Approval is another person's: an admin other than who asked. */
export function mayApprove({ role, user }: Viewer, { outcome, by }: ChangeRecord): boolean {
  return outcome === "awaiting-approval" && role === "admin" && user !== by;
}
