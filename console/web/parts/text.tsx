import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { plain, plainLines } from "../plain";
import { distance } from "../words";

/** Text that may come from a host: shown as text, on one line, isolated from the reading direction around it. */
export function Text(props: { children: string; longest?: number }) {
  return <bdi>{plain(props.children, props.longest)}</bdi>;
}

/** Such text in a fixed-width font: a port, a rule. */
export function Code(props: { children: string }) {
  return (
    <code>
      <bdi>{plain(props.children, 2000)}</bdi>
    </code>
  );
}

/** A box that scrolls separately, also by keyboard. */
export function Scroller(props: { label: string; class?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class={`scroller ${props.class ?? ""}`} tabIndex={0} aria-label={props.label}>
      {props.children}
    </section>
  );
}

/** Lines as they are. */
export function Lines(props: { label: string; children: string }) {
  return (
    <Scroller label={props.label}>
      <pre>{plainLines(props.children)}</pre>
    </Scroller>
  );
}

const EVERY = 15_000;
const watchers = new Set<(now: number) => void>();
setInterval(() => {
  const now = Date.now();
  for (const watcher of watchers) watcher(now);
}, EVERY);

const EXACT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** How long ago or how far away a time is, updated as time passes; the exact time on hover. */
export function When(props: { time: string }) {
  const { time } = props;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    watchers.add(setNow);
    return () => watchers.delete(setNow);
  }, []);
  const text = distance(time, now);
  if (text === undefined) return <Text>{time}</Text>;
  return (
    <time dateTime={time} title={EXACT.format(new Date(time))}>
      {text}
    </time>
  );
}
