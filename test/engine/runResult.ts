import type { Diagnostic, EngineEvent, Op, ResourceChanges, StepMetadata, StepState } from "./events";
import { type PropertyChange, propertyChanges } from "./propertyDiff";
import type { DetailedDiff } from "./provider";
import { isProviderType, parseUrn, type Urn } from "./urn";

/** One step of a run, as it was planned or done. */
export interface StepResult {
  readonly op: Op;
  readonly urn: Urn;
  readonly type: string;
  readonly name: string;
  /** Whether it counts as a change of its own, not as a part of a replacement. */
  readonly logical: boolean;
  readonly old: StepState | null;
  /** After a real run, with the outputs. */
  readonly new: StepState | null;
  /** What differs in the inputs (after a refresh: in inputs and outputs), leaf by leaf. */
  readonly changes: readonly PropertyChange[];
  /** What differs as the provider tells it, by path; a provider that does not has none. */
  readonly detailed: DetailedDiff | undefined;
  /** The properties that force a replacement. */
  readonly replaceKeys: readonly string[];
  readonly failed: boolean;
}

/** What a run did, or a preview found. */
export interface RunResult {
  readonly engine: string;
  readonly succeeded: boolean;
  /** How many logical steps of each kind. */
  readonly changes: ResourceChanges;
  /** In the order in which they began; the root component's is one of them. */
  readonly steps: readonly StepResult[];
  readonly diagnostics: readonly Diagnostic[];
  /** What the CLI prints, without colours. */
  readonly text: string;
  readonly durationMs: number;
}

/** Whether anything differs from what was there. */
export function hasChanges(changes: ResourceChanges): boolean {
  return Object.entries(changes).some(([op, count]) => op !== "same" && !op.startsWith("read") && count > 0);
}

function changesOf({ old, new: now, op }: StepMetadata, refreshed: boolean): PropertyChange[] {
  if (op === "same") return [];
  const inputs = propertyChanges(old?.inputs ?? {}, now?.inputs ?? {});
  if (!refreshed) return inputs;
  const paths = new Set(inputs.map((change) => change.path));
  const outputs = propertyChanges(old?.outputs ?? {}, now?.outputs ?? {});
  return [...inputs, ...outputs.filter((change) => !paths.has(change.path))];
}

/** The steps that a run's events tell of. */
export function readSteps(events: readonly EngineEvent[]): StepResult[] {
  const steps: StepResult[] = [];
  const latest = (urn: Urn, op: Op) => steps.findLastIndex((step) => step.urn === urn && step.op === op);
  const shown = (metadata: StepMetadata | undefined) =>
    metadata && !isProviderType(metadata.type) ? metadata : undefined;
  const add = (metadata: StepMetadata, refreshed: boolean) =>
    steps.push({
      ...{ op: metadata.op, urn: metadata.urn, type: metadata.type, name: parseUrn(metadata.urn).name },
      ...{ logical: metadata.logical ?? false, old: metadata.old, new: metadata.new, failed: false },
      changes: changesOf(metadata, refreshed),
      detailed: metadata.detailedDiff,
      replaceKeys: metadata.keys ?? [],
    });
  for (const { resourcePreEvent, resOutputsEvent, resOpFailedEvent } of events) {
    const before = shown(resourcePreEvent?.metadata);
    if (before && before.op !== "refresh") add(before, false);
    const after = shown(resOutputsEvent?.metadata);
    if (after) {
      const index = latest(after.urn, after.op);
      if (index < 0) add({ ...after, logical: true }, true);
      else steps[index] = { ...(steps[index] as StepResult), new: after.new };
    }
    const failed = resOpFailedEvent?.metadata;
    const index = failed ? latest(failed.urn, failed.op) : -1;
    if (index >= 0) steps[index] = { ...(steps[index] as StepResult), failed: true };
  }
  return steps;
}
