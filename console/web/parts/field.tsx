import type { ComponentChildren } from "preact";

/** What a control of a form needs to be known by its label and its message. */
export interface Described {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

/** A label, a control, what to know about it, and what is wrong with it. */
export function Field(props: {
  id: string;
  label: string;
  help?: ComponentChildren;
  error?: ComponentChildren;
  children: (described: Described) => ComponentChildren;
}) {
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
