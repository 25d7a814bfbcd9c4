import { plain } from "../plain";

/** One entry of a list of which several can be chosen. */
export interface Check {
  value: string;
  /** Why it cannot be chosen. */
  disabled?: string | undefined;
}

/** A list of which several can be chosen, or all at once. */
export function Checks(props: {
  id: string;
  label: string;
  items: readonly Check[];
  chosen: readonly string[];
  change: (chosen: string[]) => void;
  error?: string | undefined;
}) {
  const { id, label, items, chosen, change, error } = props;
  const free = items.filter(({ disabled }) => disabled === undefined).map(({ value }) => value);
  const isAll = free.length > 0 && free.every((value) => chosen.includes(value));
  const toggle = (value: string) =>
    change(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    <fieldset class="checks" aria-describedby={error === undefined ? undefined : `${id}-error`}>
      <legend>{label}</legend>
      <div class="check-list">
        {items.map(({ value, disabled }) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              disabled={disabled !== undefined && !chosen.includes(value)}
              onChange={() => toggle(value)}
            />
            <span>
              {plain(value, 60)}
              {disabled !== undefined && <span class="soft"> ({disabled})</span>}
            </span>
          </label>
        ))}
      </div>
      {free.length > 2 && (
        <p>
          <button type="button" class="small" onClick={() => change(isAll ? [] : free)}>
            {isAll ? "Choose none" : "Choose all"}
          </button>
        </p>
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
