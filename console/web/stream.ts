import type { Event, TapEvent } from "../api/events";

/** Milliseconds after which a stream that was refused is opened again. */
const AGAIN = 5000;

/** Receives what comes by a stream, and what becomes of the stream. */
export interface Reader {
  event(event: Event | TapEvent): void;
  opened(): void;
  /** It has ended, or was not answered, and will be opened again. */
  broken(): void;
  /** It was answered with an error: who looks may have to log in. */
  refused(): void;
}

/**
 * Reads a stream of events until the returned function is called. A browser opens at most six connections to a server, for all of its tabs
 * together, so that a page that nobody sees reads nothing. The first event is a snapshot each time.
 *
 * `once`: opened instead of `path` until it breaks or says that the watch is over, and read by a hidden page, too. It is never opened again,
 * because what it begins on a host begins only when somebody asks.
 */
export function readStream(path: string, once: string | undefined, reader: Reader): () => void {
  let first = once;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    const opened = new EventSource(first ?? path);
    source = opened;
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as Event | TapEvent;
      reader.event(event);
      if (event.type === "watch-ended" && first !== undefined) {
        first = undefined;
        again();
      }
    };
    opened.onopen = reader.opened;
    opened.onerror = () => {
      reader.broken();
      const isFirst = first !== undefined;
      first = undefined;
      // The browser opens again by itself what has broken, at the same address, and not what was answered with an error.
      if (opened.readyState === EventSource.CLOSED) {
        timer = setTimeout(again, AGAIN);
        reader.refused();
      } else if (isFirst) again();
    };
  };
  const follow = () => {
    if (document.hidden && first === undefined) close();
    else if (source === undefined) open();
  };
  const again = () => {
    close();
    follow();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    close();
  };
}
