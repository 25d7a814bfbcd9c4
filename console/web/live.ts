import type { ChangeSummary, Lock, Preview } from "../api/changes";
import type { ConsoleError } from "../api/error";
import type { Event, TapEvent } from "../api/events";
import type { HostRow, ServiceRow, TapRow } from "../api/rows";
import { nothingOf, type TapLive, tapAfter } from "./tapLive";

/** The data of the lists, and of the tap whose screen is open. */
export interface Live {
  /** Whether the server has sent anything. */
  started: boolean;
  /** How many snapshots it has sent. What happened before the last of them may never have been told. */
  snapshots: number;
  /** Whether every host has answered or failed, so that an empty list is really empty. */
  complete: boolean;
  /** Whether the server is connected now; if not, the data may be old. */
  connected: boolean;
  taps: ReadonlyMap<string, TapRow>;
  services: ReadonlyMap<string, ServiceRow>;
  hosts: ReadonlyMap<string, HostRow>;
  /** The newest first. */
  changes: readonly ChangeSummary[];
  lock: Lock | undefined;
  /** Why the program cannot be read. */
  programError: ConsoleError | undefined;
  /** The progress of runs, by change. */
  progress: ReadonlyMap<string, { done: number; total: number }>;
  /** The state of previews, by preview. */
  previews: ReadonlyMap<string, { state: Preview["state"]; waitsFor?: string }>;
  tap: TapLive;
}

/** The data before the server has sent anything. */
export const NOTHING_YET: Live = {
  started: false,
  snapshots: 0,
  complete: false,
  connected: true,
  taps: new Map(),
  services: new Map(),
  hosts: new Map(),
  changes: [],
  lock: undefined,
  programError: undefined,
  progress: new Map(),
  previews: new Map(),
  tap: nothingOf(undefined),
};

/** The data after an event. Rows that the event does not name stay the same objects. */
export function applied(live: Live, event: Event | TapEvent): Live {
  switch (event.type) {
    case "snapshot":
      return {
        ...live,
        started: true,
        snapshots: live.snapshots + 1,
        complete: event.complete,
        connected: true,
        taps: byId(event.taps),
        services: byId(event.services),
        hosts: new Map(event.hosts.map((host) => [host.name, host])),
        changes: event.changes,
        lock: event.lock,
        programError: event.programError,
        progress: new Map(),
        previews: new Map(),
      };
    case "taps":
      return { ...live, taps: put(live.taps, event.put, ({ id }) => id, event.drop) };
    case "services":
      return { ...live, services: put(live.services, event.put, ({ id }) => id, event.drop) };
    case "hosts":
      return {
        ...live,
        complete: event.complete,
        hosts: put(live.hosts, event.put, ({ name }) => name, event.drop),
      };
    case "rates":
      return {
        ...live,
        taps: rated(live.taps, event.taps, (row, copiesPerSecond) => ({ ...row, copiesPerSecond })),
        services: rated(live.services, event.services, (row, perSecond) => ({ ...row, perSecond })),
      };
    case "change":
      return { ...live, changes: newestFirst(live.changes, event.put) };
    case "progress": {
      const { change, done, total } = event;
      return { ...live, progress: new Map(live.progress).set(change, { done, total }) };
    }
    case "preview": {
      const { id, ...what } = event;
      return { ...live, previews: new Map(live.previews).set(id, what) };
    }
    case "lock":
      return { ...live, lock: event.lock };
    case "program":
      return { ...live, programError: event.error };
    default: {
      const tap = tapAfter(live.tap, event);
      return tap === live.tap ? live : { ...live, tap };
    }
  }
}

function byId<Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}

function put<Row>(
  rows: ReadonlyMap<string, Row>,
  changed: readonly Row[],
  idOf: (row: Row) => string,
  dropped: readonly string[],
): ReadonlyMap<string, Row> {
  const next = new Map(rows);
  for (const id of dropped) next.delete(id);
  for (const row of changed) next.set(idOf(row), row);
  return next;
}

function rated<Row>(
  rows: ReadonlyMap<string, Row>,
  rates: Readonly<Record<string, number>>,
  withRate: (row: Row, rate: number) => Row,
): ReadonlyMap<string, Row> {
  const next = new Map(rows);
  for (const [id, rate] of Object.entries(rates)) {
    const row = rows.get(id);
    if (row !== undefined) next.set(id, withRate(row, rate));
  }
  return next;
}

function newestFirst(changes: readonly ChangeSummary[], changed: ChangeSummary): ChangeSummary[] {
  const known = changes.some(({ id }) => id === changed.id);
  return known ? changes.map((each) => (each.id === changed.id ? changed : each)) : [changed, ...changes];
}
