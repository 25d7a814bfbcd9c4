import { isWorthShowing, objectDiffText, objectText, prefixOf } from "./diffText";
import type { EngineEvent, StepMetadata } from "./events";
import { diffProperties, equalValues } from "./propertyDiff";
import { isRootStack, type Urn } from "./urn";

/** Parts of a replacement are not shown; the replacement is. */
function isShown({ op, logical, urn }: StepMetadata): boolean {
  if (isRootStack(urn)) return true;
  return op !== "same" && (logical === true || !/replac/.test(op));
}

function isEmpty(properties: object | undefined): boolean {
  return Object.keys(properties ?? {}).length === 0;
}

/** What changes, by the outputs where they are known already, else by the inputs. */
function detailsText({ op, old, new: now }: StepMetadata, indent: number): string {
  if (op === "same") return "";
  if (!old || !now)
    return objectText((isEmpty(now?.outputs) ? (now ?? old)?.inputs : now?.outputs) ?? {}, { indent });
  const side = isEmpty(now.outputs) ? "inputs" : "outputs";
  const diff = diffProperties(old[side], now[side]);
  return diff ? objectDiffText(diff, indent) : objectText(now[side], { indent });
}

/** The outputs that differ from before and are not what the inputs say. */
function outputsText(
  step: StepMetadata,
  indent: number,
  circumstance: "preview" | "update" | "refresh",
): string {
  const isRoot = isRootStack(step.urn);
  if (circumstance === "preview" && !isRoot && !step.op.startsWith("read")) return "";
  if (step.old?.initErrors?.length) return "";
  const showSames = isRoot && circumstance !== "preview";
  const outputs = step.new?.outputs ?? {};
  const inputs = isEmpty(outputs) ? {} : (step.new?.inputs ?? {});
  const differs = (key: string) =>
    circumstance === "refresh" || !(key in inputs) || !equalValues(inputs[key], outputs[key]);
  const diff = step.old ? diffProperties(step.old.outputs, outputs) : undefined;
  if (diff) return objectDiffText(diff, indent, (key) => differs(key) && (showSames || !diff.sames.has(key)));
  if (step.old && !showSames) return "";
  return objectText(outputs, { indent }, (key) => differs(key) && isWorthShowing(outputs[key] ?? null));
}

/** Shows every step with the properties that it changes, as `--diff` does. */
export class DiffText {
  private readonly seen = new Map<Urn, StepMetadata>();

  /** The text of one event; empty for what is not shown. */
  render({ resourcePreEvent, resOutputsEvent }: EngineEvent): string {
    const before = resourcePreEvent?.metadata;
    if (before) {
      this.seen.set(before.urn, before);
      return before.op !== "refresh" && isShown(before) ? this.stepText(before) : "";
    }
    const after = resOutputsEvent?.metadata;
    if (!after || !isShown(after)) return "";
    const refreshed = this.seen.get(after.urn)?.op === "refresh";
    if (refreshed && after.op === "update") return this.stepText(after);
    const circumstance = refreshed ? "refresh" : resOutputsEvent.planning ? "preview" : "update";
    const indent = this.depth(after) + 1;
    const outputs = outputsText(after, indent, circumstance);
    const header = outputs ? `${"    ".repeat(indent)}--outputs:--\n` : "";
    return `${refreshed ? this.headerText(after) : ""}${header}${outputs}`;
  }

  private depth(step: StepMetadata): number {
    const parent = this.seen.get((step.new ?? step.old)?.parent ?? "");
    return parent ? this.depth(parent) + (isShown(parent) ? 1 : 0) : 0;
  }

  private headerText(step: StepMetadata): string {
    const indent = this.depth(step);
    const inner = "    ".repeat(indent + 1);
    const protection = (step.new ?? step.old)?.protect ? " 🔒" : "";
    const retain = step.old?.retainOnDelete && /delete|replace/.test(step.op) ? "[retain]" : "";
    const id = step.old?.id ? `${inner}[id=${step.old.id}]\n` : "";
    const title = `${prefixOf(step.op)}${step.type}: (${step.op}${retain})${protection}\n`;
    return `${"    ".repeat(indent)}${title}${id}${inner}[urn=${step.urn}]\n`;
  }

  private stepText(step: StepMetadata): string {
    return this.headerText(step) + detailsText(step, this.depth(step) + 1);
  }
}
