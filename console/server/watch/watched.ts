import type { CaptureWish } from "../../../provider/capture/wish";
import type { HostRecord } from "../../../provider/schema/host";
import type { TapRow } from "../../api/rows";
import type { Ends } from "../live/ends";
import { stateOfFlow } from "../live/state";
import { tappedPorts } from "../live/tapped";
import { Refusal } from "../refusal";

/** The most frames per second that a host sends for a watch. */
const FRAMES_PER_SECOND = 200;

/** What is watched: the copies of a tap. */
export interface Watched {
  id: string;
  tenant: string | undefined;
  record: HostRecord;
  wish: CaptureWish;
  /** Bytes that the tap keeps of each frame; 0: all. */
  snapLength: number;
  /** The tap's filter on one line. */
  filter: string;
  /** For people: `tap-web on compute1`. */
  label: string;
}

/** States in which a tap copies something, or should. */
const STATES: readonly string[] = ["active", "drifted", "pending", "lost"];

/**
 * What a tap copies now: its port, direction and filter. Throws a Refusal if it copies nothing, because whoever may see
 * a tap's copies may not see anything else. Of a tap with several ports, the first is watched.
 */
export function watchedOf(row: TapRow, ends: Ends): Watched {
  const end = ends.flows.get(row.owner)?.source;
  // A tap that is disabled or has ended can have drifted, too.
  const claimed = end === undefined ? row.state : stateOfFlow(end.claim);
  const state = claimed === "active" ? row.state : claimed;
  if (end?.claim.source === undefined || !STATES.includes(state))
    throw new Refusal(409, {
      code: "not-copying",
      message: `nothing is copied: the tap is ${state}`,
      ...(row.host === "" ? {} : { host: row.host }),
    });
  const { source } = end.claim;
  const { record } = end.view;
  const ports = tappedPorts(end);
  const port = source.port ?? ports[0]?.port.name;
  if (port === undefined)
    throw new Refusal(409, {
      code: "not-copying",
      message: "nothing is copied: no port is tapped",
      host: record.name,
    });
  const { direction, filter, defaultAction, snapLength = 0 } = source;
  const more = ports.length > 1 ? `, the first of ${ports.length} ports` : "";
  return {
    ...{ id: row.id, tenant: row.tenant, record, snapLength, filter: row.filter },
    wish: { port, direction, filter, defaultAction, packetsPerSecond: FRAMES_PER_SECOND },
    label: `${ports[0]?.port.name ?? row.port} on ${record.name}${more}`,
  };
}

/** Whether two watches show the same frames. */
export function isSame(a: Watched, b: Watched): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ id, tenant, record, wish, snapLength }: Watched): string {
  return JSON.stringify([id, tenant, record.address, wish, snapLength]);
}
