import { DiffText } from "./diffDisplay";
import { prefixOf } from "./diffText";
import type { EngineEvent, Op, StepMetadata } from "./events";
import { parseUrn } from "./urn";

const opOrder: readonly Op[] = ["create", "update", "delete", "replace", "refresh"];

function pastTense(op: Op): string {
  return op.endsWith("e") ? `${op}d` : `${op}ed`;
}

function summaryText(
  { resourceChanges: changes, isPreview, durationSeconds }: NonNullable<EngineEvent["summaryEvent"]>,
  errored: number,
): string {
  const counts = opOrder.flatMap((op) => (changes[op] ? [{ op, count: changes[op] as number }] : []));
  const lines = counts.map(({ op, count }) => {
    return `    ${prefixOf(op)}${count} ${isPreview ? `to ${op}` : pastTense(op)}\n`;
  });
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const pieces = [
    ...(counts.length > 1 ? [`${total} changes`] : []),
    ...(changes.same ? [`${changes.same} unchanged`] : []),
  ];
  return [
    ...["Resources:\n", ...lines],
    pieces.length ? `    ${pieces.join(". ")}\n` : "",
    errored ? `    ${errored} errored\n` : "",
    isPreview ? "" : `\nDuration: ${durationSeconds}s\n`,
  ].join("");
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

/** Makes the text that the CLI prints, without colours, event by event. */
export function renderer(style: "diff" | "progress"): (event: EngineEvent) => string {
  const diffText = new DiffText();
  let errored = 0;
  return (event) => {
    const { diagnosticEvent: message, summaryEvent: summary, resOpFailedEvent: failure } = event;
    if (failure) errored++;
    if (summary) return summaryText(summary, errored);
    if (!message) return style === "diff" ? diffText.render(event) : progressText(event);
    if (message.severity === "debug") return "";
    const prefix = /^info/.test(message.severity) ? "" : `${message.severity}: `;
    return `${prefix}${message.message.trimEnd()}\n`;
  };
}
