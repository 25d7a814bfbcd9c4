import type { ChangeSummary, Step } from "../api/changes";
import type { HostRow, State, TapRow } from "../api/rows";

/** The word for each state, as badges show it. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  active: "active",
  drifted: "drifted",
  pending: "pending",
  disabled: "disabled",
  ended: "ended",
  lost: "lost",
  saved: "saved only",
  unreachable: "unreachable",
  unknown: "unknown",
};

export const OUTCOME_WORDS: Readonly<Record<ChangeSummary["outcome"], string>> = {
  waiting: "waiting",
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  saved: "saved only",
  "awaiting-approval": "awaiting approval",
  outdated: "outdated",
  rejected: "rejected",
};

export const DIRECTION_WORDS: Readonly<Record<TapRow["direction"], string>> = {
  ingress: "Ingress",
  egress: "Egress",
  both: "Both directions",
};

/** Which frames a tap copies, but for its filter: "Ingress, 1 in 4". */
export function copiedWords({ direction, oneIn }: Pick<TapRow, "direction" | "oneIn">): string {
  return oneIn === undefined || oneIn < 2
    ? DIRECTION_WORDS[direction]
    : `${DIRECTION_WORDS[direction]}, 1 in ${whole(oneIn)}`;
}

export const HOST_WORDS: Readonly<Record<HostRow["state"], string>> = {
  asking: "asking",
  reachable: "reachable",
  unreachable: "unreachable",
};

export const STEP_WORDS: Readonly<Record<Step["op"], string>> = {
  create: "Create",
  update: "Update",
  delete: "Delete",
  replace: "Replace",
};

/** "1 tap", "12 taps". */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A whole number with its thousands apart. */
export function whole(count: number): string {
  return WHOLE.format(count);
}

/** A rate: one digit after the point below ten. */
export function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? ONE_DIGIT.format(perSecond) : WHOLE.format(perSecond);
}

/** How far away a time is: "in 2 hours", "3 min ago"; undefined if the text is not a time. */
export function distance(time: string, now: number): string | undefined {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  const size = Math.abs(seconds);
  const [length, unit] =
    size < 60 ? [1, "second"] : size < 5400 ? [60, "min"] : size < 129_600 ? [3600, "hour"] : [86_400, "day"];
  const count = Math.round(size / length);
  const many = unit === "min" ? `${count} min` : counted(count, unit as string);
  if (unit === "second") return seconds < 0 ? "just now" : "in a moment";
  return seconds < 0 ? `${many} ago` : `in ${many}`;
}
