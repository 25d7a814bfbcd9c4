import type { Change, ChangeSummary, Preview, Step } from "../../api/changes";
import type { Edit } from "../../api/edit";
import type { ConsoleError } from "../../api/error";
import type { PlannedStep } from "../deploy/steps";
import { changedLines } from "../program/unifiedDiff";
import { sees, type Viewer, waitsForAs } from "../roles/viewer";

/** A change as it is stored. */
export interface ChangeRecord {
  id: string;
  at: string;
  by: string;
  /** The tenant that made the change, if any. */
  tenant?: string;
  what: string;
  outcome: ChangeSummary["outcome"];
  waitsFor?: string;
  endedAt?: string;
  approvedBy?: string;
  steps: (PlannedStep & { done: boolean; error?: string })[];
  log: string[];
  error?: ConsoleError;
  /** Why it failed, as the tenant that made it may know. */
  reason?: string;
  programDiff: string;
  preview?: string;
}

/** What a preview was based on. */
export interface Bound {
  /** Hash of the project's files before the edit. */
  project: string;
  /** Hash of the stack's state. */
  state: string;
  /** Hash of the claims and the drift of each host concerned, by address. */
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
  /** Why it failed, as the tenant that asked for it may know. */
  reason?: string;
  bound?: Bound;
  /** A hash of everything that decides whether a run would do the same. */
  outcome?: string;
  fingerprint?: string;
}

/** Whether a step concerns something that a viewer may see. */
export function seesStep(viewer: Viewer, { tenant }: PlannedStep): boolean {
  return sees(viewer, { tenant });
}

/** A line of *Changes*. */
export function summaryOfChange({ id, at, by, what, outcome, waitsFor }: ChangeRecord): ChangeSummary {
  return { id, at, by, what, outcome, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

/** Codes of the console's own errors, which concern only the reader's own request. */
const OWN_ERRORS: readonly string[] = [
  "changed",
  "forbidden",
  "in-use",
  "interrupted",
  "invalid",
  "not-found",
  "too-many",
];

/**
 * Why something failed, as a viewer may read it. What Pulumi and the hosts say may be about anything, so a tenant gets `reason` instead, where there
 * is one.
 */
export function errorFor({ role }: Viewer, error: ConsoleError, reason?: string): ConsoleError {
  if (role !== "tenant" || OWN_ERRORS.includes(error.code)) return error;
  if (error.code === "locked")
    return {
      code: "locked",
      message: "the stack is locked by another run",
      hint: "Preview again when that run has ended",
    };
  if (error.code === "program-unreadable")
    return {
      code: error.code,
      message: "the program cannot be read or edited now",
      hint: "An admin sees why",
    };
  if (reason !== undefined)
    return {
      code: "failed",
      message: reason,
      hint: "… stands for what may be others': an admin reads all of it on this page",
    };
  return {
    code: "failed",
    message: "it failed, and the reason may be about what others have",
    hint: "An admin sees the reason",
  };
}

/** Arguments that say how hosts are reached, or whose things a resource uses. */
const HIDDEN = /^(hosts?|service|tunnel|localIps): /;

/** A step as a viewer may read it. */
export function stepFor({ role }: Viewer, step: Step): Step {
  if (role !== "tenant") return step;
  const changes = step.changes.map((line) => {
    const hidden = HIDDEN.exec(line)?.[1];
    if (hidden !== undefined) return `${hidden}: another one`;
    return line.startsWith("drifted") ? "drifted" : line;
  });
  return { ...step, changes };
}

/** A change as a viewer may see it. */
export function changeFor(viewer: Viewer, record: ChangeRecord): Change {
  const { steps, log, tenant: _, preview, programDiff, error: failure, reason, waitsFor, ...rest } = record;
  const seen = steps.filter((step) => seesStep(viewer, step));
  // Pulumi's own output may concern anything.
  const isWhole = viewer.role !== "tenant";
  return {
    ...rest,
    ...(waitsFor === undefined ? {} : { waitsFor: waitsForAs(viewer, waitsFor) }),
    ...(failure === undefined ? {} : { error: errorFor(viewer, failure, reason) }),
    steps: seen.map(({ step, done, error }) => ({
      ...stepFor(viewer, step),
      done,
      ...(error === undefined ? {} : { error: isWhole ? error : "it failed" }),
    })),
    log: isWhole ? log : [],
    programDiff: viewer.role === "tenant" ? changedLines(programDiff) : programDiff,
    ...(preview === undefined ? {} : { preview }),
    mayApprove: mayApprove(viewer, record),
  };
}

/** Approval needs another person: an admin other than the author. */
export function mayApprove({ role, user }: Viewer, { outcome, by }: ChangeRecord): boolean {
  return outcome === "awaiting-approval" && role === "admin" && user !== by;
}
