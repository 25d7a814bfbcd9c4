import type { Stage } from "../../api/rows";
import { rate, whole } from "../words";
import { Text } from "./text";

const KINDS: Readonly<Record<Stage["kind"], string>> = {
  source: "Source",
  capture: "Capture",
  filter: "Filter",
  limit: "Limit",
  tunnel: "Tunnel",
  delivery: "Monitor",
};

const PROOFS: Readonly<Record<NonNullable<Stage["proof"]>, string>> = {
  proved: "Proved",
  "no-traffic": "No traffic to tell",
  failed: "Fails",
};

const STATES: Readonly<Record<Stage["state"], string>> = {
  ok: "Frames pass",
  dead: "Stops here",
  idle: "No frames",
  unknown: "Not known",
};

/** The node of a stage and the line to the next one: solid while frames pass, dotted if none do. */
function Rail(props: { state: Stage["state"]; last: boolean; into: boolean; out: boolean }) {
  const { state, last, into, out } = props;
  return (
    <svg class={`rail ${state}`} viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      {into && <path d="M0 12H50" class={state === "ok" ? "flows" : "still"} />}
      {!last && <path d="M50 12H100" class={out ? "flows" : "still"} />}
    </svg>
  );
}

const NODES: Readonly<Record<Stage["state"], string>> = {
  ok: "M12 4a8 8 0 1 1 0 16 8 8 0 1 1 0-16z",
  dead: "M12 2l10 19H2z",
  idle: "M12 4a8 8 0 1 1 0 16 8 8 0 1 1 0-16z",
  unknown: "M4 4h16v16H4z",
};

/** The path of the copies, one column per stage, with its counters; the first dead stage is highlighted. */
export function Path(props: { stages: readonly Stage[] }) {
  const { stages } = props;
  const firstDead = stages.findIndex(({ state }) => state === "dead");
  return (
    <ol class="path" aria-label="Path of the copies">
      {stages.map((stage, index) => (
        <li
          key={`${stage.kind} ${index}`}
          class={`stage ${stage.state}${index === firstDead ? " first-dead" : ""}`}
        >
          <div class="rail-box">
            <Rail
              state={stage.state}
              into={index > 0}
              last={index === stages.length - 1}
              out={stages[index + 1]?.state === "ok"}
            />
            <svg class={`node ${stage.state}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
              <path d={NODES[stage.state]} />
            </svg>
          </div>
          <p class="stage-kind">{KINDS[stage.kind]}</p>
          <p class="stage-title">
            <Text>{stage.title}</Text>
          </p>
          <p class="stage-detail">
            <Text>{stage.detail}</Text>
          </p>
          <p class="stage-host">
            <Text>{stage.host}</Text>
          </p>
          <p class="stage-count">
            {stage.frames === undefined ? "–" : whole(stage.frames)}
            <span class="soft"> {stage.perSecond === undefined ? "" : `${rate(stage.perSecond)}/s`}</span>
          </p>
          <p class="stage-state">{STATES[stage.state]}</p>
          {stage.reason !== undefined && (
            <p class="stage-reason">
              <Text longest={600}>{stage.reason}</Text>
            </p>
          )}
          {stage.proof !== undefined && <p class={`proof ${stage.proof}`}>{PROOFS[stage.proof]}</p>}
        </li>
      ))}
    </ol>
  );
}
