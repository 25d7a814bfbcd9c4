import type { ComponentChildren } from "preact";
import type { ConsoleError } from "../../api/error";
import { Title } from "./head";
import { ErrorNotice } from "./notice";

interface Failed {
  error: ConsoleError;
  /** Reads it again. */
  again: () => void;
  children?: ComponentChildren;
}

/** Why something could not be read, with a button that reads it again where that may help. */
export function LoadError(props: Failed) {
  const { error, again, children } = props;
  return (
    <ErrorNotice error={error}>
      {children}
      {error.code !== "not-found" && (
        <p class="actions">
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
    </ErrorNotice>
  );
}

/** The same where it was shown before, and still is. */
export function ReloadError(props: Failed) {
  return (
    <LoadError {...props}>
      <p>What is shown may be old.</p>
    </LoadError>
  );
}

/** A screen of something that could not be read. `what`: such as `preview`. */
export function NotLoaded(props: Failed & { what: string }) {
  const { what, ...failed } = props;
  return (
    <>
      <Title>
        This {what} {failed.error.code === "not-found" ? "is not here" : "could not be read"}
      </Title>
      <LoadError {...failed} />
    </>
  );
}
