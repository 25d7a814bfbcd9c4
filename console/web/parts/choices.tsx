import { endsAfter } from "../newTapChoice";
import { Field } from "./field";

const FILTERS = [
  ["Everything", ""],
  ["Web", "tcp port 80 or tcp port 443"],
  ["DNS", "port 53"],
  ["Ping", "icmp or icmp6"],
  ["No SSH", "not tcp port 22"],
] as const;

const HOURS = [
  ["1 hour", 1],
  ["8 hours", 8],
  ["1 day", 24],
  ["1 week", 168],
] as const;

/** An expression as tcpdump takes it, with some to begin from. */
export function FilterField(props: {
  value: string;
  change: (filter: string) => void;
  error: string | undefined;
}) {
  const { value, change, error } = props;
  return (
    <Field
      id="filter"
      label="Filter"
      error={error}
      help="As tcpdump takes it: tcp port 443 and not net 192.0.2.0/24. Empty: everything."
    >
      {(described) => (
        <>
          <input
            {...described}
            type="text"
            class="mono"
            spellcheck={false}
            autocomplete="off"
            value={value}
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
          <Chips label="Presets" items={FILTERS} value={value} choose={change} />
        </>
      )}
    </Field>
  );
}

/** When the tap ends by itself; never, if nothing is given. */
export function EndsField(props: {
  value: string;
  change: (ends: string) => void;
  error: string | undefined;
}) {
  const { value, change, error } = props;
  return (
    <Field
      id="ends"
      label="Ends"
      error={error}
      help={
        value === "" ? "Empty: not before it is deleted." : "Open vSwitch ends the copies then by itself."
      }
    >
      {(described) => (
        <>
          <input
            {...described}
            type="datetime-local"
            value={value}
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
          <Chips
            label="Durations"
            items={[["Never", 0], ...HOURS]}
            value={value === "" ? 0 : undefined}
            choose={(hours) => change(hours === 0 ? "" : endsAfter(hours, Date.now()))}
          />
        </>
      )}
    </Field>
  );
}

function Chips<Value extends string | number>(props: {
  label: string;
  items: readonly (readonly [string, Value])[];
  value: Value | undefined;
  choose: (value: Value) => void;
}) {
  const { label, items, value, choose } = props;
  return (
    <fieldset class="chips" aria-label={label}>
      {items.map(([word, one]) => (
        <button
          key={word}
          type="button"
          class="chip"
          aria-pressed={one === value}
          onClick={() => choose(one)}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}
