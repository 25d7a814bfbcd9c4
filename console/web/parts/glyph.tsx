import type { ComponentChildren } from "preact";

/** How good a state is, or the kind of a change; each has its own colour and shape. */
export type Tone = "good" | "bad" | "busy" | "quiet" | "off" | "warn" | "add" | "change" | "take";

/** A shape next to a word, 16 by 16, so that no state is shown by colour alone. */
const SHAPES: Readonly<Record<Tone, ComponentChildren>> = {
  // A disc with a tick.
  good: (
    <>
      <circle cx="8" cy="8" r="7" class="solid" />
      <path d="M4.8 8.2l2.2 2.2 4.2-4.6" class="cut" />
    </>
  ),
  // A triangle with a mark.
  bad: (
    <>
      <path d="M8 1.2l7 12.6H1z" class="solid" />
      <path d="M8 5.8v3.6M8 11.4v.4" class="cut" />
    </>
  ),
  // A disc half full.
  busy: (
    <>
      <circle cx="8" cy="8" r="6.2" class="line" />
      <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" class="solid" />
    </>
  ),
  // A ring.
  quiet: <circle cx="8" cy="8" r="6" class="line" />,
  // A square.
  off: <rect x="2.4" y="2.4" width="11.2" height="11.2" rx="1.6" class="line" />,
  // A diamond.
  warn: (
    <>
      <path d="M8 .9L15.1 8 8 15.1.9 8z" class="solid" />
      <path d="M8 4.8v3.8M8 10.8v.4" class="cut" />
    </>
  ),
  add: <path d="M8 2v12M2 8h12" class="line" />,
  change: <path d="M2 5.5h12M10.5 2l3.5 3.5M14 10.5H2M5.5 14L2 10.5" class="line" />,
  take: <path d="M2 8h12" class="line" />,
};

/** The shape alone; its word is next to it. */
export function Glyph(props: { tone: Tone }) {
  return (
    <svg class={`glyph ${props.tone}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {SHAPES[props.tone]}
    </svg>
  );
}

/** A shape and a word. */
export function Badge(props: { tone: Tone; word: string }) {
  return (
    <span class={`badge ${props.tone}`}>
      <Glyph tone={props.tone} />
      {props.word}
    </span>
  );
}
