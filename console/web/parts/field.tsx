import type { ComponentChildren, InputHTMLAttributes } from "preact";

/** What every field of a form has besides its control: a label, a help text, and an error message. */
interface FieldProps {
  id: string;
  label: string;
  help?: string | undefined;
  error?: string | undefined;
}

/** The attributes that connect a control to its label and messages. */
interface Described {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

function Field(props: FieldProps & { children: (described: Described) => ComponentChildren }) {
  const { id, label, help, error, children } = props;
  const ids = [help !== undefined && `${id}-help`, error !== undefined && `${id}-error`].filter(Boolean);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": ids.join(" ") || undefined,
        "aria-invalid": error !== undefined ? true : undefined,
      })}
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** A field to type in, as text unless `type` says otherwise. `children` are shown below it. */
export function InputField(
  props: FieldProps &
    InputHTMLAttributes & {
      value: string;
      change: (value: string) => void;
      children?: ComponentChildren;
    },
) {
  const { id, label, help, error, change, children, ...input } = props;
  return (
    <Field id={id} label={label} help={help} error={error}>
      {(described) => (
        <>
          <input
            type="text"
            autocomplete="off"
            {...input}
            {...described}
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
          {children}
        </>
      )}
    </Field>
  );
}

/** A field with a list to choose from; `children` are its options, whose values are `Value`s. */
export function SelectField<Value extends string>(
  props: FieldProps & {
    required?: boolean;
    disabled?: boolean;
    value: Value;
    change: (value: Value) => void;
    children: ComponentChildren;
  },
) {
  const { id, label, help, error, change, children, ...select } = props;
  return (
    <Field id={id} label={label} help={help} error={error}>
      {(described) => (
        <select
          {...described}
          {...select}
          onChange={({ currentTarget }) => change(currentTarget.value as Value)}
        >
          {children}
        </select>
      )}
    </Field>
  );
}
