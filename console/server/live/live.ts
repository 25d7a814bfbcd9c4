import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import type { Event } from "../../api/events";
import type { HostRow, ServiceRow, TapRow } from "../../api/rows";
import type { ProgramResource } from "../program/program";
import { orLogged } from "../unexpected";
import { type Ends, endsOf } from "./ends";
import { hostRow } from "./hosts";
import { type HostView, HostWatch } from "./hostWatch";
import { Rates } from "./rates";
import { serviceRows } from "./services";
import { tapRows } from "./taps";

/** All current rows. */
export interface Rows {
  taps: TapRow[];
  services: ServiceRow[];
  hosts: HostRow[];
}

/** Milliseconds in which changes of several hosts are combined. */
const GATHER = 100;

/** The live state of the hosts: rows, and events with changed rows. */
export class Live {
  private readonly watches: HostWatch[];
  private readonly gone: readonly HostRecord[];
  private readonly listeners = new Set<(event: Event) => void>();
  private readonly rates = new Rates();
  private program: readonly ProgramResource[] | undefined;
  private rows: Rows = { taps: [], services: [], hosts: [] };
  private found: Ends = endsOf([], []);
  private gathering: NodeJS.Timeout | undefined;
  /** The number of streams that somebody is looking at. */
  private lookers = 0;

  /** `stack`: the one that the program is deployed as, as in owner keys; undefined for a read-only console. */
  constructor(
    context: Context,
    { hosts, gone }: Record<"hosts" | "gone", readonly HostRecord[]>,
    readonly stack: string | undefined,
  ) {
    const isWatched = () => this.lookers > 0;
    this.gone = gone;
    this.watches = hosts.map((record) => new HostWatch(context, record, isWatched, () => this.changedSoon()));
    this.build();
  }

  /** Watches until it is stopped. */
  async run(): Promise<void> {
    await Promise.all(this.watches.map((watch) => watch.run()));
  }

  stop(): void {
    clearTimeout(this.gathering);
    for (const watch of this.watches) watch.stop();
  }

  /** The current views of the hosts. */
  get views(): HostView[] {
    return this.watches.map(({ view }) => view);
  }

  /** The claims of the hosts, sorted. */
  get ends(): Ends {
    return this.found;
  }

  get all(): Rows {
    return this.rows;
  }

  /** Copies per second by tap and service, as far as they have been measured. */
  get measured(): Rates {
    return this.rates;
  }

  /** Whether each host has answered, or failed to. */
  get isComplete(): boolean {
    return this.views.every(({ at }) => at !== undefined);
  }

  /** Sets the program's resources. */
  setProgram(resources: readonly ProgramResource[]): void {
    this.program = resources;
    this.changedSoon();
  }

  /** Reports changes from now on. Returns a function that ends it. */
  subscribe(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    this.lookers += 1;
    if (this.lookers === 1) for (const watch of this.watches) watch.hurry();
    return () => {
      if (this.listeners.delete(listener)) this.lookers -= 1;
    };
  }

  /** Resolves after the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const end = this.subscribe(() => {
        end();
        resolve();
      });
    });
  }

  private changedSoon(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      orLogged(() => this.build());
    }, GATHER);
  }

  private build(): void {
    const before = this.rows;
    this.found = endsOf(this.views, this.gone);
    this.rates.take(this.views);
    const known = { ends: this.found, views: this.views, program: this.program, stack: this.stack };
    this.rows = {
      taps: tapRows(known),
      services: serviceRows(known),
      hosts: this.views.map(hostRow),
    };
    this.tell("taps", before.taps, this.rows.taps, ({ id }) => id);
    this.tell("services", before.services, this.rows.services, ({ id }) => id);
    this.tellHosts(before.hosts);
    const { taps, services } = this.rates;
    if (this.rates.areDue()) this.say({ type: "rates", taps, services });
  }

  private tell<Row extends TapRow | ServiceRow>(
    type: "taps" | "services",
    before: readonly Row[],
    now: readonly Row[],
    key: (row: Row) => string,
  ): void {
    const { put, drop } = difference(before, now, key);
    if (put.length > 0 || drop.length > 0) this.say({ type, put, drop } as Event);
  }

  private tellHosts(before: readonly HostRow[]): void {
    // The time of the last look alone is not a change.
    const still = (row: HostRow): HostRow => ({ ...row, lookedAt: "" });
    const { put, drop } = difference(before.map(still), this.rows.hosts.map(still), ({ name }) => name);
    const changed = this.rows.hosts.filter(({ name }) => put.some((row) => row.name === name));
    if (changed.length > 0 || drop.length > 0)
      this.say({ type: "hosts", put: changed, drop, complete: this.isComplete });
  }

  private say(event: Event): void {
    for (const listener of [...this.listeners]) orLogged(() => listener(event));
  }
}

/** Rows that are new or changed, and keys of those that are gone. */
function difference<Row>(
  before: readonly Row[],
  now: readonly Row[],
  key: (row: Row) => string,
): { put: Row[]; drop: string[] } {
  const old = new Map(before.map((row) => [key(row), JSON.stringify(row)]));
  const put = now.filter((row) => old.get(key(row)) !== JSON.stringify(row));
  for (const row of now) old.delete(key(row));
  return { put, drop: [...old.keys()] };
}
