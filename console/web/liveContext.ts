import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ConsoleError } from "../api/error";
import type { Event, TapEvent } from "../api/events";
import type { Session } from "../api/session";
import { applied, type Live, NOTHING_YET } from "./live";
import { encoded } from "./route";
import { readStream } from "./stream";
import { begun, nothingOf, type TapLive } from "./tapLive";

/** The data of the lists, for every screen. */
export const LiveContext = createContext<Live>(NOTHING_YET);
/** Who is looking, and what they may do. */
export const SessionContext = createContext<Session | undefined>(undefined);
/** The tap whose frames are watched, by its id, and how to set it. */
export const WatchContext = createContext<[string | undefined, (id: string | undefined) => void]>([
  undefined,
  () => {},
]);

export const useLive = (): Live => useContext(LiveContext);
export const useSession = (): Session | undefined => useContext(SessionContext);

/** The live data of the tap whose screen is open. */
export function useTapLive(id: string): TapLive {
  const { tap } = useLive();
  return tap.id === id ? tap : nothingOf(id);
}

/** What a page follows. */
export interface Followed {
  /** Whether it follows anything yet. */
  wanted: boolean;
  /** The tap whose screen is open. */
  tap: string | undefined;
  /** The tap whose frames are watched; a page that is hidden goes on with that. */
  watched: string | undefined;
}

/** Why a watch ends that the page has lost: the server ends its capture when nobody reads it. */
const BROKEN: ConsoleError = {
  code: "watch-broken",
  message: "the connection to the console broke, and the watch ended with it",
  hint: "Watch again to go on",
};

/** Follows the server's events by one stream for the whole page. `ask`: reads anew who is looking. */
export function useEvents({ wanted, tap, watched }: Followed, ask: () => void): Live {
  const [live, setLive] = useState(NOTHING_YET);
  const watch = tap !== undefined && watched === tap;
  useEffect(() => {
    if (!wanted) return;
    const waiting: (Event | TapEvent)[] = [];
    let frame = 0;
    let wasRefused = false;
    // Applies everything received since the last drawing at once: a busy host must not keep the page busy. A page that nobody sees is never
    // drawn, and would keep what it receives.
    const draw = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      const events = waiting.splice(0);
      setLive((before) => events.reduce(applied, before));
    };
    const take = (event: Event | TapEvent) => {
      waiting.push(event);
      if (document.hidden) draw();
      else frame ||= requestAnimationFrame(draw);
    };
    setLive((before) => ({ ...before, tap: begun(before.tap, tap, watch) }));
    const path = tap === undefined ? "/api/events" : `/api/events?tap=${encoded(tap)}`;
    const end = readStream(path, watch ? `${path}&watch=1` : undefined, {
      event: take,
      opened() {
        if (wasRefused) ask();
        wasRefused = false;
        setLive((before) => ({ ...before, connected: true }));
      },
      broken() {
        if (watch) take({ type: "watch-ended", error: BROKEN });
        setLive((before) => ({ ...before, connected: false }));
      },
      refused() {
        wasRefused = true;
        ask();
      },
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [wanted, tap, watch]);
  return live;
}
