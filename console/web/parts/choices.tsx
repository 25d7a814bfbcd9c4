import { endsAfter } from "../newTapChoice";
import { InputField } from "./field";

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

const SAMPLES = [
  ["Every conversation", ""],
  ["1 in 4", "4"],
  ["1 in 16", "16"],
  ["1 in 100", "100"],
] as const;

/** The last time that can be asked for: a year has four digits. */
const LAST = "9999-12-31T23:59";

/** What Open vSwitch's timeout of a rule can hold. */
const LONGEST_TIMEOUT = 65_535_000;

interface Typed {
  value: string;
  change: (value: string) => void;
  error: string | undefined;
}

/** An expression as for tcpdump, with some examples to start from. */
export function FilterField({ value, change, error }: Typed) {
  return (
    <InputField
      id="filter"
      label="Filter"
      help="As tcpdump takes it: tcp port 443 and not net 192.0.2.0/24. Empty: everything."
      error={error}
      class="mono"
      spellcheck={false}
      value={value}
      change={change}
    >
      <Chips label="Presets" items={FILTERS} value={value} choose={change} />
    </InputField>
  );
}

/** Of how many conversations one is copied. */
export function SamplingField({ value, change, error }: Typed) {
  return (
    <InputField
      id="sampling"
      label="Sampling"
      help={
        Number(value) > 1
          ? `Of ${value} conversations one is copied whole, in both directions, and the others are not. All pings between two machines are one conversation; frames that are not IP are all copied.`
          : "One conversation in so many, chosen by its addresses and ports. Empty: every conversation."
      }
      error={error}
      type="number"
      min={1}
      max={65535}
      value={value}
      change={change}
    >
      <Chips label="Samples" items={SAMPLES} value={value} choose={change} />
    </InputField>
  );
}

/** When the tap ends by itself; never if it is empty. */
export function EndsField({ value, change, error }: Typed) {
  return (
    <InputField
      id="ends"
      label="Ends"
      help={endsHelp(value)}
      error={error}
      type="datetime-local"
      max={LAST}
      value={value}
      change={change}
    >
      <Chips
        label="Durations"
        items={[["Never", 0], ...HOURS]}
        value={value === "" ? 0 : undefined}
        choose={(hours) => change(hours === 0 ? "" : endsAfter(hours, Date.now()))}
      />
    </InputField>
  );
}

function endsHelp(value: string): string {
  if (value === "") return "Empty: not before it is deleted.";
  const time = Date.parse(value);
  if (Number.isNaN(time)) return "This time cannot be read: a year has four digits.";
  const ends = "Open vSwitch ends the copies then by itself.";
  if (time - Date.now() <= LONGEST_TIMEOUT) return ends;
  return `${ends} More than 18 hours ahead, that takes a keeper on the host, or a run there within the last 18 hours.`;
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
