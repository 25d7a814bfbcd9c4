import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Event } from "../api/events";
import type { Session } from "../api/session";
import { applied, type Live, NOTHING_YET } from "./live";

/** The data of the lists, for every screen. */
export const LiveContext = createContext<Live>(NOTHING_YET);
/** Who is looking, and what they may do. */
export const SessionContext = createContext<Session | undefined>(undefined);

export const useLive = (): Live => useContext(LiveContext);
export const useSession = (): Session | undefined => useContext(SessionContext);

/** Follows the server's events while the page is open. The browser reconnects by itself. */
export function useEvents(wanted: boolean): Live {
  const [live, setLive] = useState(NOTHING_YET);
  useEffect(() => {
    if (!wanted) return;
    const source = new EventSource("/api/events");
    const waiting: Event[] = [];
    let frame = 0;
    // Applies everything received since the last drawing at once: a busy host must not keep the page busy.
    const draw = () => {
      frame = 0;
      const events = waiting.splice(0);
      setLive((before) => events.reduce(applied, before));
    };
    source.onmessage = ({ data }: MessageEvent<string>) => {
      waiting.push(JSON.parse(data) as Event);
      frame ||= requestAnimationFrame(draw);
    };
    source.onerror = () => setLive((before) => ({ ...before, connected: false }));
    source.onopen = () => setLive((before) => ({ ...before, connected: true }));
    return () => {
      source.close();
      cancelAnimationFrame(frame);
    };
  }, [wanted]);
  return live;
}
