import { setTimeout as sleep } from "node:timers/promises";
import type { Inspection } from "../../../provider/converge/look";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import type { HostStatistics } from "../../../provider/statistics/statistics";
import type { ConsoleError } from "../../api/error";
import { consoleError } from "../refusal";

/** What the console knows of one host. */
export interface HostView {
  record: HostRecord;
  /** The latest look, compared with the host's claims; kept while the host does not answer. */
  inspection?: Inspection;
  /** Why the host could not be read last time. */
  error?: ConsoleError;
  /** When it was last read, or could not be read (ISO 8601). */
  at?: string;
  /** The latest counters, and when they were read (milliseconds of a monotonic clock). */
  counts?: { statistics: HostStatistics; at: number };
}

/** Milliseconds between two comparisons of a host whose database has not changed: its rules may have. */
const COMPARE = { watched: 1500, unwatched: 60_000 };
/** Milliseconds between two reads of the counters while somebody is looking. */
const COUNT = 1000;
/** The least milliseconds between two comparisons of a host that changes all the time. */
const BREATH = 150;
/** Milliseconds until a host that could not be read is tried again. */
const RETRY = { first: 1000, longest: 15_000 };

/**
 * Watches one host while the console runs. It compares the host with its claims when its database changes, and
 * periodically because its rules may have changed; it reads its counters while somebody is looking. It reports each
 * result. A host that does not answer has a view like any other.
 */
export class HostWatch {
  private current: HostView;
  private readonly ended = new AbortController();
  /** Wakes the loop before its next turn. */
  private wake = () => {};

  constructor(
    private readonly context: Context,
    record: HostRecord,
    private readonly isWatched: () => boolean,
    private readonly changed: () => void,
  ) {
    this.current = { record };
  }

  get view(): HostView {
    return this.current;
  }

  /** Watches until it is stopped. */
  async run(): Promise<void> {
    await Promise.all([this.compareForever(), this.countForever()]);
  }

  /** Ends the watch. */
  stop(): void {
    this.ended.abort();
    this.wake();
  }

  /** Looks at once, because somebody has started to look. */
  hurry(): void {
    this.wake();
  }

  private get isOver(): boolean {
    return this.ended.signal.aborted;
  }

  private async compareForever(): Promise<void> {
    const host = this.context.open(this.current.record);
    let patience = RETRY.first;
    while (!this.isOver) {
      try {
        const inspection = await host.inspect();
        patience = RETRY.first;
        const { error: _, ...known } = this.current;
        this.set({ ...known, inspection, at: new Date().toISOString() });
        // Nobody would hold the next request, which is rejected when the connections are closed.
        if (this.isOver) return;
        await this.orWoken(host.changed(inspection, this.isWatched() ? COMPARE.watched : COMPARE.unwatched));
        await this.pause(BREATH);
      } catch (error) {
        if (this.isOver) return;
        const { counts: _, ...known } = this.current;
        this.set({ ...known, error: consoleError(error), at: new Date().toISOString() });
        await this.pause(patience);
        patience = Math.min(2 * patience, RETRY.longest);
      }
    }
  }

  private async countForever(): Promise<void> {
    const host = this.context.open(this.current.record);
    while (!this.isOver) {
      await this.pause(COUNT);
      const { inspection, error } = this.current;
      if (!this.isWatched() || error !== undefined || (inspection?.read.claims.size ?? 0) === 0) continue;
      try {
        const statistics = await host.statistics();
        this.set({ ...this.current, counts: { statistics, at: performance.now() } });
      } catch {
        // The next comparison reports it.
      }
    }
  }

  private set(view: HostView): void {
    this.current = view;
    if (!this.isOver) this.changed();
  }

  /**
   * Resolves when the work is done, when somebody starts to look, or when the watch is stopped. The result of the work
   * is then dropped.
   */
  private orWoken(work: Promise<void>): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    return Promise.race([work, woken]);
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.ended.signal, ref: false }).catch(() => {});
  }
}
