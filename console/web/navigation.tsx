import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "./route";

const listeners = new Set<() => void>();
window.addEventListener("popstate", notify);

function notify(): void {
  for (const listener of listeners) listener();
}

/** Moves to another screen without reloading the page. */
export function go(path: string): void {
  history.pushState(null, "", path);
  arrive();
}

/** Moves on from a screen that there is no way back to: *Back* leads to the one before it. */
export function moveOn(path: string): void {
  history.replaceState(null, "", path);
  arrive();
}

function arrive(): void {
  window.scrollTo(0, 0);
  notify();
}

/** The screen of the current address, updated after each move. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.pathname));
  useEffect(() => {
    const listener = () => setRoute(routeOf(location.pathname));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return route;
}

/** A link to a screen; opens in a new tab if the user asks the browser for that. */
export function Link(props: {
  to: string;
  class?: string;
  current?: boolean;
  title?: string;
  children: ComponentChildren;
}) {
  const { to, current, children, title } = props;
  return (
    <a
      href={to}
      class={props.class}
      title={title}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
