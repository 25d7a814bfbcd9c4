import type { ConsoleError } from "../../api/error";
import type { TapEvent } from "../../api/events";
import type { TapRow } from "../../api/rows";
import type { Console } from "../console";
import { consoleError, forbidden, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { tapRowFor } from "../views";
import { isSame, type Watched, watchedOf } from "./watched";

/** Throws a Refusal for viewers who may not see frames. */
export function checkMayWatch({ role }: Viewer): void {
  if (role === "viewer") throw forbidden("your role is viewer, and a watch shows what VMs send");
}

/** The last frames of a tap's latest watch as a file. Throws a Refusal, also if there is no such tap. */
export function pcapngFor(console: Console, viewer: Viewer, id: string): Buffer {
  const row = tapRowFor(console, viewer, id);
  checkMayWatch(viewer);
  return console.watches.pcapng(row.id, row.tenant);
}

/** A viewer who follows the frames of one tap. */
export interface Following {
  /** Called when the tap is updated: ends the watch if it no longer copies what it did when the watch started. */
  check(row: TapRow | undefined): void;
  end(): void;
}

/**
 * Sends a viewer the frames that a tap copies; `row` is undefined where the viewer has no such tap. Errors are sent as events, so that the
 * stages are still updated.
 */
export function followFrames(
  console: Console,
  viewer: Viewer,
  row: TapRow | undefined,
  tell: (event: TapEvent) => void,
): Following {
  let leave: (() => void) | undefined;
  const stop = (error?: ConsoleError) => {
    if (leave === undefined) return;
    leave();
    leave = undefined;
    if (error !== undefined) tell({ type: "watch-ended", error });
  };
  const reader = (event: TapEvent) => {
    if (event.type === "watch-ended") leave = undefined;
    tell(event.type === "watch-ended" ? { ...event, error: errorFor(viewer, event.error) } : event);
  };
  let watched: Watched;
  try {
    if (row === undefined) throw new Refusal(404, GONE);
    watched = watchedOf(row, console.live.ends);
    leave = console.watches.join(watched, reader, viewer.role);
  } catch (error) {
    tell({ type: "watch-ended", error: errorFor(viewer, consoleError(error)) });
  }
  return {
    end: () => stop(),
    check(now) {
      if (leave === undefined) return;
      const reason = changeOf(now);
      if (reason !== undefined) stop(reason);
    },
  };

  function changeOf(now: TapRow | undefined): ConsoleError | undefined {
    if (now === undefined || !sees(viewer, now)) return GONE;
    // The host does not answer at the moment: the capture itself reports how that ends.
    if (now.state === "unreachable" || now.state === "unknown") return undefined;
    try {
      if (isSame(watchedOf(now, console.live.ends), watched)) return undefined;
    } catch (error) {
      return consoleError(error);
    }
    return { code: "tap-changed", message: "the tap copies something else now", hint: "Watch again" };
  }
}

/** The answer is the same whether there is no such tap or it is another's. */
const GONE: ConsoleError = { code: "not-copying", message: "the tap is gone" };

/** An error as a viewer may read it: a host's own message may name another tenant's resources. */
function errorFor({ role }: Viewer, error: ConsoleError): ConsoleError {
  const { code, host } = error;
  if (role !== "tenant" || OWN.has(code)) return error;
  const message = "the tap cannot be watched now; an admin is told why";
  return { code, message, ...(host === undefined ? {} : { host }) };
}

/** Codes whose messages are this program's own. */
const OWN: ReadonlySet<string> = new Set(["watch-over", "not-copying", "too-many-watches", "tap-changed"]);
