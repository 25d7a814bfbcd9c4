import { isDeepStrictEqual } from "node:util";
import { printableLine, shortened } from "../../../provider/printable";
import type { Step } from "../../api/changes";
import { hashOf } from "../program/programFile";
import type { LoggedEvent, LoggedState, LoggedStep } from "./deployer";

/** A step, with what determines who may see it and which hosts it concerns. */
export interface PlannedStep {
  step: Step;
  urn: string;
  tenant?: string;
  /** Hash of its arguments before and after, which are only partly shown. */
  inputs: string;
  /** Addresses of the hosts that its arguments name. */
  addresses: string[];
}

const OPS: Readonly<Record<string, Step["op"]>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
};

/** Pulumi represents secret values as objects with this key. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** The steps in a run's events, each resource once; unchanged resources have none. */
export function plannedSteps(events: readonly LoggedEvent[]): PlannedStep[] {
  const found = new Map<string, PlannedStep>();
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata;
    const op = metadata && OPS[metadata.op];
    if (op === undefined || isProvider(metadata!)) continue;
    found.set(metadata!.urn, planned(metadata!, op));
  }
  return [...found.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/**
 * Operations whose end is not that of a step: those that come before every step, and those of a replacement that stand before or after the
 * `create-replacement`, with which the new one is there.
 */
const ASIDE: readonly string[] = ["refresh", "read", "read-replacement", "replace", "delete-replaced"];

/** What an event says of the step of its resource; undefined where it says nothing of one. */
export function progressIn({
  resOutputsEvent: done,
  resOpFailedEvent: failed,
}: LoggedEvent): { urn: string; result: { done: true } | { error: string } } | undefined {
  if (failed !== undefined) return { urn: failed.metadata.urn, result: { error: "it failed" } };
  if (done === undefined || ASIDE.includes(done.metadata.op)) return undefined;
  return { urn: done.metadata.urn, result: { done: true } };
}

function isProvider({ type }: LoggedStep): boolean {
  return type.startsWith("pulumi:");
}

/** The name of a resource, by its URN. */
export function nameOfUrn(urn: string): string {
  return printableLine(urn.split("::").slice(3).join("::"));
}

function planned({ urn, type, old, new: now }: LoggedStep, op: Step["op"]): PlannedStep {
  const [before, after] = [old?.inputs ?? {}, now?.inputs ?? {}];
  const tenant = after.tenant ?? before.tenant;
  return {
    step: {
      ...{ op, type: printableLine(type.split(":").at(-1)!), name: nameOfUrn(urn) },
      rules: rulesOf(op, before.rules, after.rules),
      changes: op === "update" || op === "replace" ? changesOf(old, before, after) : [],
    },
    urn,
    inputs: hashOf(JSON.stringify([before, after])),
    ...(typeof tenant === "string" ? { tenant } : {}),
    addresses: [...new Set([...addressesIn(before), ...addressesIn(after)])].sort(),
  };
}

function texts(rules: unknown): string[] {
  return Array.isArray(rules) ? rules.filter((rule) => typeof rule === "string").map(printableLine) : [];
}

/** Removed rules, unchanged rules, and added rules, in this order. */
function rulesOf(op: Step["op"], before: unknown, after: unknown): Step["rules"] {
  const [old, now] = [texts(op === "create" ? [] : before), texts(op === "delete" ? [] : after)];
  const signed = (sign: Step["rules"][number]["sign"], rules: string[]) =>
    rules.map((text) => ({ sign, text }));
  return [
    ...signed(
      "-",
      old.filter((rule) => !now.includes(rule)),
    ),
    ...signed(
      " ",
      old.filter((rule) => now.includes(rule)),
    ),
    ...signed(
      "+",
      now.filter((rule) => !old.includes(rule)),
    ),
  ];
}

/** Arguments that differ, except those that follow from others. */
function changesOf(
  old: LoggedState | null | undefined,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): string[] {
  const status = old?.outputs?.status;
  const drift = typeof status === "string" && status.startsWith("drifted") ? [status] : [];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const own = keys.filter((key) => !["rules", "ref", "owner"].includes(key) && !key.startsWith("__"));
  const changed = own.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  return [...drift, ...changed.map((key) => `${key}: ${difference(before[key], after[key])}`)].map(
    printableLine,
  );
}

/** Characters of a value that are shown around what differs in it. */
const AROUND = 60;
/** Characters of one value that are shown at most. */
const LONGEST = 1000;

/** An argument before and after. Of two long texts, the part that differs is shown: a difference at the end is not cut off. */
function difference(before: unknown, after: unknown): string {
  const [old, now] = [shown(before), shown(after)];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  const from = same > LONGEST / 2 ? same - AROUND : 0;
  return `${part(old, from)} => ${part(now, from)}`;
}

function part(text: string, from: number): string {
  if (from === 0) return shortened(text, LONGEST);
  const start = /[\udc00-\udfff]/.test(text[from] ?? "") ? from + 1 : from;
  return `(${start} characters) ...${shortened(text.slice(start), LONGEST)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "(none)";
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && SECRET in inner ? "[secret]" : inner,
  );
}

/** Addresses of hosts anywhere in arguments, where `check` records hosts as objects with name and address. */
export function addressesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, address } = value as { name?: unknown; address?: unknown };
  const own = typeof name === "string" && typeof address === "string" ? [address] : [];
  return [...own, ...Object.values(value).flatMap(addressesIn)];
}

/** The counts of a run: `1 to create, 2 to update`. */
export function summaryOf(steps: readonly PlannedStep[]): string {
  const words = ["create", "update", "replace", "delete"] as const;
  const parts = words.flatMap((op) => {
    const count = steps.filter(({ step }) => step.op === op).length;
    return count === 0 ? [] : [`${count} to ${op}`];
  });
  return parts.length === 0 ? "nothing to change" : parts.join(", ");
}

/** Warnings or errors of a run, as they were told. */
export function toldOf(events: readonly LoggedEvent[], severity: "warning" | "error"): string[] {
  return events.flatMap(({ diagnosticEvent: told }) => (told?.severity === severity ? [textOf(told)] : []));
}

/** Errors of a run, with the resource that each is about, if it is about one. */
export function failuresOf(events: readonly LoggedEvent[]): { urn: string | undefined; message: string }[] {
  return events.flatMap(({ diagnosticEvent: told }) =>
    told?.severity === "error" ? [{ urn: told.urn, message: textOf(told) }] : [],
  );
}

/** Without the marks that stand for colours. */
function textOf({ message }: NonNullable<LoggedEvent["diagnosticEvent"]>): string {
  return printableLine(message.replace(/<\{%[^%]*%\}>/g, "").trim());
}
