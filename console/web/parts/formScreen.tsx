import type { ComponentChildren } from "preact";
import { useSession } from "../liveContext";
import { Back, Title } from "./head";
import { Notice } from "./notice";

/** A screen with a form; for those who may change nothing, it shows the reason instead. */
export function FormScreen(props: { title: string; list: string; children: ComponentChildren }) {
  const session = useSession();
  return (
    <>
      <Back to={props.list} />
      <Title>{props.title}</Title>
      {session?.readOnly !== undefined ? (
        <Notice tone="off" title={`Read-only: ${session.readOnly}.`} />
      ) : (
        props.children
      )}
    </>
  );
}

/** The end of a form: its only button, and a text about it. */
export function PreviewButton(props: { busy: boolean; help: string }) {
  return (
    <p class="actions">
      <button type="submit" class="primary" disabled={props.busy}>
        Preview
      </button>
      <span class="help">{props.help}</span>
    </p>
  );
}
