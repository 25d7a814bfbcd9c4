import type { TapEvent } from "../api/events";
import type { Console } from "./console";
import type { EventStream } from "./http/stream";
import { Shown } from "./roles/shown";
import { sees, type Viewer } from "./roles/viewer";
import { snapshotFor, stagesFor, withRates } from "./views";
import { checkMayWatch, followFrames } from "./watch/follow";

/** What somebody follows. */
export interface Followed {
  /** Id of a tap, of which the stages are told, too. */
  tap: string | null;
  /** Whether its frames are. */
  watch: boolean;
}

/**
 * Tells a viewer all that changes, from a snapshot on, and what there is of one tap: by one stream, because a browser opens at most six
 * connections to a server. Throws a Refusal for who may not watch.
 */
export function follow(
  console: Console,
  viewer: Viewer,
  { tap, watch }: Followed,
  openStream: () => EventStream,
): void {
  if (watch) checkMayWatch(viewer);
  const first = snapshotFor(console, viewer);
  const stream = openStream();
  stream.send(first);
  const shown = new Shown(viewer, first);
  const isOwn = (id: string) => console.changes?.isSeen(id, viewer) ?? false;
  const ends = [
    console.subscribe((event) => {
      const { live } = console;
      const known = { isOwn, isComplete: live.isComplete };
      for (const told of shown.eventsFor(withRates(event, live), live.all, known)) stream.send(told);
    }),
    ...(tap === null ? [] : [followTap(console, viewer, tap, watch, (event) => stream.send(event))]),
  ];
  stream.onClose(() => {
    for (const end of ends) end();
  });
}

/** Tells the stages of one tap, each time they change, and its frames. Returns a function that ends it. */
function followTap(
  console: Console,
  viewer: Viewer,
  id: string,
  watch: boolean,
  tell: (event: TapEvent) => void,
): () => void {
  const find = () => console.live.all.taps.find((row) => row.id === id && sees(viewer, row));
  const first = find();
  let told = "";
  const tellOf = (row: typeof first): void => {
    const event: TapEvent =
      row === undefined ? { type: "gone" } : { type: "stages", stages: stagesFor(console, viewer, row) };
    const text = JSON.stringify(event);
    if (text !== told) tell(event);
    told = text;
  };
  tellOf(first);
  const frames = watch ? followFrames(console, viewer, first, tell) : undefined;
  const end = console.subscribe(() => {
    const row = find();
    frames?.check(row);
    tellOf(row);
  });
  return () => {
    end();
    frames?.end();
  };
}
