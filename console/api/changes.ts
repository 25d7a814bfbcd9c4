import type { Edit } from "./edit";
import type { ConsoleError } from "./error";

/** One resource that a run will change. */
export interface Step {
  op: "create" | "update" | "delete" | "replace";
  /** `TapFlow`, `TapService`. */
  type: string;
  name: string;
  /** The rules before and after. */
  rules: { sign: "+" | "-" | " "; text: string }[];
  /** Other arguments that differ, one per line: `direction: "both" => "ingress"`. */
  changes: string[];
}

/** What a change would do. */
export interface Preview {
  id: string;
  /** `discarded`: it is no longer needed. `confirmed`: it has become the change `change`. */
  state: "waiting" | "running" | "ready" | "failed" | "confirmed" | "discarded";
  /** The run that it waits for. */
  waitsFor?: string;
  change?: string;
  edit: Edit;
  by: string;
  /** `1 to create, 2 to update`. */
  summary: string;
  steps: Step[];
  /** Number of steps on resources that the reader may not see; another person has to confirm them. */
  hiddenSteps: number;
  /** Unified diff of the program's file; empty if the file stays the same. */
  programDiff: string;
  /** What Pulumi printed; absent if it mentions resources that the reader may not see. */
  pulumiDiff?: string;
  warnings: string[];
  error?: ConsoleError;
  /** What a confirm has to send. */
  fingerprint?: string;
  /** A confirm asks another person for approval. */
  needsApproval: boolean;
}

/** A row of *Changes*. */
export interface ChangeSummary {
  id: string;
  at: string;
  by: string;
  what: string;
  /**
   * `outdated`: the result would differ from what was previewed; `preview` has the new preview, which has to be
   * confirmed.
   */
  outcome:
    | "awaiting-approval"
    | "waiting"
    | "running"
    | "succeeded"
    | "failed"
    | "saved"
    | "outdated"
    | "rejected";
  waitsFor?: string;
}

/** One change in full. */
export interface Change extends ChangeSummary {
  endedAt?: string;
  approvedBy?: string;
  steps: (Step & { done: boolean; error?: string })[];
  /** What Pulumi printed, without resources that the reader may not see. */
  log: string[];
  error?: ConsoleError;
  programDiff: string;
  /** The preview that replaces it. */
  preview?: string;
  /** Whether the reader may approve it. */
  mayApprove: boolean;
}

/** The stack is locked by a run that did not start in the console. Told until a run of the console can start. */
export interface Lock {
  by: string;
  since?: string;
  /** Pulumi's message about it. */
  text: string;
}
