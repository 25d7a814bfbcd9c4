import type { ChangeSummary } from "../../api/changes";
import type { HostRow, State } from "../../api/rows";
import { HOST_WORDS, OUTCOME_WORDS, STATE_WORDS } from "../words";
import { Badge, type Tone } from "./glyph";

const STATE_TONES: Readonly<Record<State, Tone>> = {
  active: "good",
  drifted: "bad",
  pending: "busy",
  disabled: "off",
  ended: "off",
  lost: "warn",
  saved: "quiet",
  unreachable: "warn",
  unknown: "quiet",
};

const OUTCOME_TONES: Readonly<Record<ChangeSummary["outcome"], Tone>> = {
  waiting: "quiet",
  running: "busy",
  succeeded: "good",
  failed: "bad",
  saved: "quiet",
  "awaiting-approval": "warn",
  outdated: "off",
  rejected: "off",
};

const HOST_TONES: Readonly<Record<HostRow["state"], Tone>> = {
  asking: "quiet",
  reachable: "good",
  unreachable: "warn",
};

/** The state of a tap or service. A state of a newer server is shown as unknown. */
export function StateBadge(props: { state: State }) {
  const state = Object.hasOwn(STATE_WORDS, props.state) ? props.state : "unknown";
  return <Badge tone={STATE_TONES[state]} word={STATE_WORDS[state]} />;
}

/** The outcome of a change. */
export function OutcomeBadge(props: { outcome: ChangeSummary["outcome"] }) {
  const { outcome } = props;
  return <Badge tone={OUTCOME_TONES[outcome]} word={OUTCOME_WORDS[outcome]} />;
}

/** Whether a host answers. */
export function HostBadge(props: { state: HostRow["state"] }) {
  return <Badge tone={HOST_TONES[props.state]} word={HOST_WORDS[props.state]} />;
}
