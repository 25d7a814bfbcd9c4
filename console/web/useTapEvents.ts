import { useEffect, useState } from "preact/hooks";
import type { ConsoleError } from "../api/error";
import type { Frame, TapEvent } from "../api/events";
import type { Stage } from "../api/rows";
import { encoded } from "./route";

/** The most frames on the screen. */
const KEPT = 200;

/** The live data of one tap. */
export interface TapLive {
  stages: Stage[] | undefined;
  /** The last frames, the newest first. */
  frames: readonly (Frame & { number: number })[];
  /** Frames seen since the watch started, and those that were too many to show. */
  seen: number;
  dropped: number;
  gone: boolean;
  /** What is watched. */
  watched?: string;
  /** Why no more frames arrive. */
  ended?: ConsoleError;
}

const NOTHING: TapLive = { stages: undefined, frames: [], seen: 0, dropped: 0, gone: false };

function after(live: TapLive, event: TapEvent): TapLive {
  switch (event.type) {
    case "stages":
      return { ...live, stages: event.stages };
    case "frames": {
      const numbered = event.frames.map((frame, index) => ({ ...frame, number: live.seen + index }));
      return {
        ...live,
        frames: [...numbered.reverse(), ...live.frames].slice(0, KEPT),
        seen: live.seen + event.frames.length,
        dropped: live.dropped + event.dropped,
      };
    }
    case "watch":
      return { ...live, watched: event.text };
    case "watch-ended":
      return { ...live, ended: event.error };
    case "gone":
      return { ...live, gone: true };
    default:
      return live;
  }
}

/** Follows one tap; its frames are watched while `watch` is true and the screen is open. */
export function useTapEvents(id: string, watch: boolean): TapLive {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    const source = new EventSource(`/api/taps/${encoded(id)}/events${watch ? "?watch=1" : ""}`);
    if (watch) setLive(({ stages, gone }) => ({ ...NOTHING, stages, gone }));
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as TapEvent;
      setLive((before) => after(before, event));
    };
    return () => source.close();
  }, [id, watch]);
  return live;
}
