import { objectDiffText, objectText, prefixOf } from "./diffText";
import type { EngineEvent, Op, ResourceChanges, StepMetadata } from "./events";
import { diffProperties } from "./propertyDiff";
import { isRootStack, parseUrn, type Urn } from "./urn";

const opOrder: readonly Op[] = ["create", "update", "delete", "replace", "refresh"];

function pastTense(op: Op): string {
  return op.endsWith("e") ? `${op}d` : `${op}ed`;
}

/** Parts of a replacement are not shown; the replacement is. */
function isShown({ op, logical, urn }: StepMetadata): boolean {
  if (isRootStack(urn)) return true;
  return op !== "same" && (logical === true || !/replac/.test(op));
}

function depth(step: StepMetadata, seen: ReadonlyMap<Urn, StepMetadata>): number {
  const parent = seen.get((step.new ?? step.old)?.parent ?? "");
  if (!parent) return 0;
  return depth(parent, seen) + (isShown(parent) ? 1 : 0);
}

function detailsText(step: StepMetadata, indent: number, refreshed: boolean): string {
  const { old, new: now, op } = step;
  if (op === "same") return "";
  if (!old && now) return objectText(now.inputs, { indent });
  if (!now && old) return objectText(old.inputs, { indent });
  const side = refreshed ? "outputs" : "inputs";
  const diff = diffProperties(old?.[side] ?? {}, now?.[side] ?? {});
  return diff ? objectDiffText(diff, indent) : objectText(now?.[side] ?? {}, { indent });
}

function stepText(step: StepMetadata, seen: ReadonlyMap<Urn, StepMetadata>, refreshed: boolean): string {
  const indent = depth(step, seen);
  const inner = "    ".repeat(indent + 1);
  const protection = (step.new ?? step.old)?.protect ? " 🔒" : "";
  const retain = step.old?.retainOnDelete && /delete|replace/.test(step.op) ? "[retain]" : "";
  const id = step.old?.id ? `${inner}[id=${step.old.id}]\n` : "";
  return [
    `${"    ".repeat(indent)}${prefixOf(step.op)}${step.type}: (${step.op}${retain})${protection}\n`,
    `${id}${inner}[urn=${step.urn}]\n`,
    detailsText(step, indent + 1, refreshed),
  ].join("");
}

function outputsText(step: StepMetadata, planning: boolean): string {
  const outputs = step.new?.outputs ?? {};
  const diff = step.old ? diffProperties(step.old.outputs, outputs) : undefined;
  if (step.old && !diff && planning) return "";
  const text = diff ? objectDiffText(diff, 1) : objectText(outputs, { indent: 1 });
  return text ? `    --outputs:--\n${text}` : "";
}

function summaryText(changes: ResourceChanges, isPreview: boolean, seconds: number): string {
  const counts = opOrder.flatMap((op) => (changes[op] ? [{ op, count: changes[op] as number }] : []));
  const lines = counts.map(({ op, count }) => {
    return `    ${prefixOf(op)}${count} ${isPreview ? `to ${op}` : pastTense(op)}\n`;
  });
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const pieces = [
    ...(counts.length > 1 ? [`${total} changes`] : []),
    ...(changes.same ? [`${changes.same} unchanged`] : []),
  ];
  const duration = isPreview ? "" : `\nDuration: ${seconds}s\n`;
  return `Resources:\n${lines.join("")}${pieces.length ? `    ${pieces.join(". ")}\n` : ""}${duration}`;
}

function progressLine(step: StepMetadata, state: string): string {
  return ` ${prefixOf(step.op)} ${step.type} ${parseUrn(step.urn).name} ${state}\n`;
}

function progressText({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): string {
  const step = (resourcePreEvent ?? resOutputsEvent)?.metadata;
  if (resOpFailedEvent) return progressLine(resOpFailedEvent.metadata, "failed");
  if (!step || step.op === "same" || step.op === "refresh") return "";
  if (resourcePreEvent) return progressLine(step, resourcePreEvent.planning ? step.op : `${step.op}...`);
  return resOutputsEvent?.planning ? "" : progressLine(step, pastTense(step.op));
}

function diffText({ resourcePreEvent, resOutputsEvent }: EngineEvent, seen: Map<Urn, StepMetadata>): string {
  const before = resourcePreEvent?.metadata;
  if (before) {
    seen.set(before.urn, before);
    return before.op !== "refresh" && isShown(before) ? stepText(before, seen, false) : "";
  }
  const after = resOutputsEvent?.metadata;
  if (!after) return "";
  const refreshed = seen.get(after.urn)?.op === "refresh";
  if (refreshed && isShown(after)) return stepText(after, seen, true);
  return isRootStack(after.urn) && after.op !== "delete"
    ? outputsText(after, resOutputsEvent.planning ?? false)
    : "";
}

/** Makes the text that the CLI prints, without colours, event by event. */
export function renderer(style: "diff" | "progress"): (event: EngineEvent) => string {
  const seen = new Map<Urn, StepMetadata>();
  return (event) => {
    const { diagnosticEvent: message, summaryEvent: summary } = event;
    if (summary) return summaryText(summary.resourceChanges, summary.isPreview, summary.durationSeconds);
    if (!message) return style === "diff" ? diffText(event, seen) : progressText(event);
    if (message.severity === "debug") return "";
    const prefix = /^info/.test(message.severity) ? "" : `${message.severity}: `;
    return `${prefix}${message.message.trimEnd()}\n`;
  };
}
