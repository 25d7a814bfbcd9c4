import type { ComponentChildren } from "preact";
import { Link } from "../navigation";

/** The heading of a screen, where a keyboard and a screen reader continue after a move. */
export function Title(props: { children: ComponentChildren }) {
  return <h1 tabIndex={-1}>{props.children}</h1>;
}

/** The heading, with elements next to it. */
export function Head(props: { title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="head">
      <Title>{props.title}</Title>
      {props.children}
    </div>
  );
}

/** The link back to a list, above the heading. */
export function Back(props: { to: string }) {
  return (
    <p class="crumb">
      <Link to={props.to}>Back to the list</Link>
    </p>
  );
}
