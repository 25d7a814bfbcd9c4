import type { Lock } from "../../api";

/** One side of a step, as Pulumi's event log has it. Secrets are masked there. */
export interface LoggedState {
  type: string;
  urn: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What Pulumi does to a resource. */
export interface LoggedStep {
  op: string;
  urn: string;
  type: string;
  old?: LoggedState | null;
  new?: LoggedState | null;
}

/** An event of Pulumi's event log, as far as the console reads it. */
export interface LoggedEvent {
  resourcePreEvent?: { metadata: LoggedStep };
  resOutputsEvent?: { metadata: LoggedStep };
  resOpFailedEvent?: { metadata: LoggedStep };
  diagnosticEvent?: { severity: string; message: string; urn?: string };
}

/** What a run came to. */
export interface Ran {
  succeeded: boolean;
  /** What was printed, without colours. */
  text: string;
  events: readonly LoggedEvent[];
  /** The stack is locked by somebody else's run, so that nothing was done. */
  lock?: Lock;
}

/** What a run tells as it goes on. */
export interface Following {
  onText?(text: string): void;
  onEvent?(event: LoggedEvent): void;
}

/**
 * What deploys the program: Pulumi, or whatever speaks as its engine does. A run that fails is a result; what cannot begin (no CLI, no such
 * stack) rejects.
 */
export interface Deployer {
  /** What it is, for people. */
  readonly engine: string;
  /** What `up` would do with the program in a folder, after a refresh of the state that is not recorded. */
  preview(folder: string, following?: Following): Promise<Ran>;
  /** Makes it so, with a refresh first. */
  up(folder: string, message: string, following?: Following): Promise<Ran>;
  /** The stack's resources as the state has them; equal texts, equal states. */
  state(): Promise<string>;
}
