import type { Lock } from "../../api/changes";
import type { Event } from "../../api/events";
import type { HostRow, ServiceRow, TapRow } from "../../api/rows";
import { errorFor } from "../changes/record";
import type { Rows } from "../live/live";
import { rowFor } from "./readable";
import { hostFor, type Named, sees, type Viewer, waiting } from "./viewer";

/** A lock of the stack as a viewer may see it: who works there from elsewhere is not a tenant's to know. */
export function lockFor({ role }: Viewer, lock: Lock | undefined): Lock | undefined {
  if (role !== "tenant" || lock === undefined) return lock;
  return { by: "another run", text: "the stack is locked by another run" };
}

type Snapshot = Extract<Event, { type: "snapshot" }>;
type Changed = Extract<Event, { type: "taps" | "services" }>;

/**
 * What a reader of the events is shown, so that what is no longer theirs is taken away from them: a tap whose tenant changes is a row to all
 * others, and is gone for the tenant that had it.
 */
export class Shown {
  private readonly ids: Readonly<Record<Changed["type"], Set<string>>>;
  /** Hosts as they were told last, by name: a tenant's counts change without the host's own. */
  private readonly hosts: Map<string, string>;

  /** `first`: what the reader has got as a snapshot. */
  constructor(
    private readonly viewer: Viewer,
    first: Snapshot,
  ) {
    const idsOf = (rows: readonly { id: string }[]) => new Set(rows.map(({ id }) => id));
    this.ids = { taps: idsOf(first.taps), services: idsOf(first.services) };
    this.hosts = new Map(first.hosts.map((row) => [row.name, JSON.stringify(row)]));
  }

  /**
   * The events that tell the reader of one; none where nothing of it is theirs. `rows`: as they are now. `isOwn`: whether a change or preview
   * is one that the reader may see.
   */
  eventsFor(
    event: Event,
    rows: Rows,
    { isOwn, isComplete }: { isOwn: (id: string) => boolean; isComplete: boolean },
  ): Event[] {
    if (this.viewer.role !== "tenant") return [event];
    switch (event.type) {
      case "taps":
      case "services":
        return [...this.changed(event, rows), ...this.countedAnew(rows, isComplete)];
      case "hosts":
        return this.told(event, rows);
      case "rates":
        return [
          {
            type: "rates",
            taps: ownOf(this.ids.taps, event.taps),
            services: ownOf(this.ids.services, event.services),
          },
        ];
      case "progress": {
        const { line: _, ...progress } = event;
        return isOwn(event.change) ? [progress] : [];
      }
      case "change":
        return isOwn(event.put.id) ? [{ ...event, put: waiting(this.viewer, event.put) }] : [];
      case "preview":
        return isOwn(event.id) ? [waiting(this.viewer, event)] : [];
      case "lock":
        return event.lock === undefined
          ? [event]
          : [{ type: "lock", lock: lockFor(this.viewer, event.lock)! }];
      case "program":
        return [event.error === undefined ? event : { ...event, error: errorFor(this.viewer, event.error) }];
      case "snapshot":
        return [event];
    }
  }

  private changed(event: Changed, rows: Rows): Event[] {
    const shown = this.ids[event.type];
    const put = (event.put as (TapRow | ServiceRow)[])
      .filter((row) => sees(this.viewer, row))
      .map((row) => rowFor(this.viewer, row, rows));
    const own = new Set(put.map(({ id }) => id));
    const lost = [...event.put.map(({ id }) => id), ...event.drop].filter((id) => !own.has(id));
    const drop = lost.filter((id) => shown.delete(id));
    for (const id of own) shown.add(id);
    return put.length === 0 && drop.length === 0 ? [] : [{ type: event.type, put, drop } as Event];
  }

  /** Hosts where other taps or services are the reader's now. */
  private countedAnew(rows: Rows, complete: boolean): Event[] {
    const put = this.others(rows.hosts, rows);
    return put.length === 0 ? [] : [{ type: "hosts", put, drop: [], complete }];
  }

  private told(event: Extract<Event, { type: "hosts" }>, rows: Named): Event[] {
    for (const name of event.drop) this.hosts.delete(name);
    return [{ ...event, put: this.others(event.put, rows) }];
  }

  private others(hosts: readonly HostRow[], rows: Named): HostRow[] {
    return hosts
      .map((row) => hostFor(this.viewer, row, rows))
      .filter((row) => {
        const text = JSON.stringify(row);
        const isOther = this.hosts.get(row.name) !== text;
        this.hosts.set(row.name, text);
        return isOther;
      });
  }
}

function ownOf(own: ReadonlySet<string>, rates: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(rates).filter(([id]) => own.has(id)));
}
