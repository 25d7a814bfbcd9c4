import type { Step } from "../../api/changes";
import { plain } from "../plain";
import { STEP_WORDS } from "../words";
import { Badge, type Tone } from "./glyph";
import { Scroller, Text } from "./text";

const TONES: Readonly<Record<Step["op"], Tone>> = {
  create: "add",
  update: "change",
  delete: "take",
  replace: "change",
};

const CLASSES: Readonly<Record<string, string>> = { "+": "added", "-": "removed" };

/** Lines that start with a sign for their change. */
export function DiffLines(props: { label: string; lines: readonly { sign: string; text: string }[] }) {
  return (
    <Scroller label={props.label}>
      <pre class="diff">
        {props.lines.map(({ sign, text }, index) => (
          <span key={index} class={CLASSES[sign]}>
            {sign === "" ? "" : `${sign} `}
            {plain(text, 2000)}
            {"\n"}
          </span>
        ))}
      </pre>
    </Scroller>
  );
}

/** A unified diff, line by line. */
export function FileDiff(props: { text: string }) {
  const lines = props.text.split("\n").filter((line) => !/^(---|\+\+\+|\\)/.test(line) && line !== "");
  return (
    <DiffLines
      label="Changes of the program"
      lines={lines.map((line) =>
        line.startsWith("@@") ? { sign: " ", text: "⋯" } : { sign: line[0]!, text: line.slice(1) },
      )}
    />
  );
}

/** One resource that a run changes: the change, and the rules that are added and removed. */
export function StepCard(props: { step: Step & { done?: boolean; error?: string }; running?: boolean }) {
  const { step, running } = props;
  return (
    <section class="step">
      <h2>
        <Badge tone={TONES[step.op]} word={STEP_WORDS[step.op]} /> <Text>{step.name}</Text>{" "}
        <span class="soft">{step.type}</span>
        {running !== undefined && (
          <span class="step-end">
            {step.error !== undefined ? (
              <Badge tone="bad" word="Failed" />
            ) : step.done ? (
              <Badge tone="good" word="Done" />
            ) : (
              <Badge tone="quiet" word={running ? "To do" : "Not done"} />
            )}
          </span>
        )}
      </h2>
      {step.error !== undefined && (
        <p class="field-error">
          <Text longest={2000}>{step.error}</Text>
        </p>
      )}
      {step.changes.length > 0 && (
        <ul class="plain-list">
          {step.changes.map((change) => (
            <li key={change}>
              <Text longest={2000}>{change}</Text>
            </li>
          ))}
        </ul>
      )}
      {step.rules.length > 0 && <DiffLines label={`Rules of ${plain(step.name)}`} lines={step.rules} />}
    </section>
  );
}
