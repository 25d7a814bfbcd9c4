import type { ConsoleError } from "../api/error";
import type { Frame, TapEvent } from "../api/events";
import type { Stage } from "../api/rows";

/** The most frames on the screen. */
const KEPT = 200;

/** The live data of the tap whose screen is open. */
export interface TapLive {
  /** Its id; undefined where no tap's screen is open. */
  id: string | undefined;
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
  ended?: ConsoleError | undefined;
}

/** The data of a tap before the server has sent anything of it. */
export function nothingOf(id: string | undefined): TapLive {
  return { id, stages: undefined, frames: [], seen: 0, dropped: 0, gone: false };
}

/** The data when a stream of a tap begins. A new watch starts without the frames of the last one. */
export function begun(live: TapLive, id: string | undefined, watch: boolean): TapLive {
  if (live.id !== id) return nothingOf(id);
  const { stages, gone } = live;
  return watch ? { ...nothingOf(id), stages, gone } : live;
}

/** The data after an event; the same for an event of a newer server. */
export function tapAfter(live: TapLive, event: TapEvent): TapLive {
  switch (event.type) {
    case "stages":
      return { ...live, stages: event.stages, gone: false };
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
      return { ...live, watched: event.text, ended: undefined };
    case "watch-ended":
      // The first reason is the one: what breaks later did not end it.
      return { ...live, ended: live.ended ?? event.error };
    case "gone":
      return { ...live, gone: true };
    default:
      return live;
  }
}
