import type { PropertyMap } from "./properties";
import type { DetailedDiff } from "./provider";
import type { Urn } from "./urn";

/** What a step does to a resource, in the engine's own words. */
export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "import"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace";

/** A resource on one side of a step. */
export interface StepState {
  readonly type: string;
  readonly urn: Urn;
  readonly custom?: boolean;
  readonly id: string;
  readonly parent: Urn;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly provider: string;
  readonly initErrors?: string[];
}

/** One step on one resource. */
export interface StepMetadata {
  readonly op: Op;
  readonly urn: Urn;
  readonly type: string;
  readonly old: StepState | null;
  readonly new: StepState | null;
  /** The properties that force a replacement. */
  readonly keys?: string[];
  /** The properties that differ, where the engine compared them itself. */
  readonly diffs?: string[];
  /** How they differ, from a provider that tells. */
  readonly detailedDiff?: DetailedDiff;
  readonly logical?: boolean;
  readonly provider: string;
}

/** How bad a message is. `info#err` is what a program or plugin wrote to stderr. */
export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

/** A message to the operator. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
  readonly urn?: Urn;
  readonly ephemeral?: boolean;
}

/** How many logical steps of each kind there were. */
export type ResourceChanges = Partial<Record<Op, number>>;

/** One event of a run, in the shape of the CLI's event log (`--event-log`), as far as this project reads it. */
export interface EngineEvent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly resourcePreEvent?: { metadata: StepMetadata; planning?: boolean };
  readonly resOutputsEvent?: { metadata: StepMetadata; planning?: boolean };
  readonly resOpFailedEvent?: { metadata: StepMetadata };
  readonly diagnosticEvent?: Diagnostic;
  readonly summaryEvent?: { resourceChanges: ResourceChanges; isPreview: boolean; durationSeconds: number };
}

/** An event without what the log adds to it. */
export type EventBody = Omit<EngineEvent, "sequence" | "timestamp">;

/** The events of one run, in order. */
export class EventLog {
  readonly events: EngineEvent[] = [];

  constructor(private readonly listener: (event: EngineEvent) => void = () => {}) {}

  /** Adds an event and tells the listener. */
  emit(body: EventBody): void {
    const event = { sequence: this.events.length, timestamp: Math.floor(Date.now() / 1000), ...body };
    this.events.push(event);
    this.listener(event);
  }

  /** Adds a message. */
  diagnose(severity: Severity, message: string, urn: Urn = ""): void {
    this.emit({ diagnosticEvent: { severity, message, ...(urn ? { urn } : {}) } });
  }

  /** Whether any error was reported. */
  get hasError(): boolean {
    return this.events.some((event) => event.diagnosticEvent?.severity === "error");
  }
}
