import type { ComponentChildren } from "preact";
import type { ConsoleError } from "../../api/error";
import { Glyph, type Tone } from "./glyph";
import { Text } from "./text";

/** A block about the whole page, with what to do. */
export function Notice(props: { tone: Tone; title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class={`notice ${props.tone}`}>
      <Glyph tone={props.tone} />
      <div>
        <p class="notice-title">{props.title}</p>
        {props.children}
      </div>
    </div>
  );
}

/** An error from the server: what, where, and what to do. A screen reader announces it at once. */
export function ErrorNotice(props: { error: ConsoleError; children?: ComponentChildren }) {
  const { error } = props;
  return (
    <div role="alert">
      <Notice
        tone="bad"
        title={
          <>
            {error.host !== undefined && (
              <>
                <Text>{error.host}</Text>:{" "}
              </>
            )}
            <Text longest={2000}>{error.message}</Text>
          </>
        }
      >
        {error.hint !== undefined && (
          <p>
            <Text longest={2000}>{error.hint}</Text>
          </p>
        )}
        {props.children}
      </Notice>
    </div>
  );
}

/** The text of an empty list: what will be listed here, and how to create it. */
export function Empty(props: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
