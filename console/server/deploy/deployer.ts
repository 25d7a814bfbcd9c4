import type { Lock } from "../../api/changes";

/** One side of a step in Pulumi's event log, where secrets are masked. */
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

/** An event of Pulumi's event log, reduced to what the console reads. */
export interface LoggedEvent {
  resourcePreEvent?: { metadata: LoggedStep };
  resOutputsEvent?: { metadata: LoggedStep };
  resOpFailedEvent?: { metadata: LoggedStep };
  diagnosticEvent?: { severity: string; message: string; urn?: string };
}

/** The result of a run. */
export interface Ran {
  succeeded: boolean;
  /** The output, without colours. */
  text: string;
  events: readonly LoggedEvent[];
  /** The stack is locked by another run, so nothing was done. */
  lock?: Lock;
  /** Why it failed, where the engine says so beside its events. */
  reason?: string;
}

/** Receives the progress of a run. */
export interface Following {
  onText?(text: string): void;
  onEvent?(event: LoggedEvent): void;
}

/**
 * What deploys the program: Pulumi, or something that acts like its engine. A run that fails is a result; a run that
 * cannot start (no CLI, no such stack) rejects.
 */
export interface Deployer {
  /** The name of the engine, for people. */
  readonly engine: string;
  /** Previews `up` for the program in a folder, after a refresh that is not recorded. */
  preview(folder: string, following?: Following): Promise<Ran>;
  /** Runs `up`, with a refresh first. */
  up(folder: string, message: string, following?: Following): Promise<Ran>;
  /** The stack's resources in the state; equal texts mean equal states. */
  state(): Promise<string>;
}
