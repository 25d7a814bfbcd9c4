import { setTimeout as sleep } from "node:timers/promises";
import type { Inspection } from "../../../provider/converge/look";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import type { HostStatistics } from "../../../provider/statistics/statistics";
import type { ConsoleError } from "../../api";
import { consoleError } from "../refusal";

/** What the console knows of one host. */
export interface HostView {
  record: HostRecord;
  /** The last look, compared with the host's claims; kept while the host does not answer. */
  inspection?: Inspection;
  /** Why the host could not be read the last time. */
  error?: ConsoleError;
  /** When it was read, or could not be (ISO 8601). */
  at?: string;
  /** What it counted last, and when (milliseconds of a clock that only goes forward). */
  counts?: { statistics: HostStatistics; at: number };
}

/** Milliseconds between two comparisons of a host whose database says nothing new: its rules may have been changed. */
const COMPARE = { watched: 1500, unwatched: 60_000 };
/** Milliseconds between two readings of the counters while somebody looks. */
const COUNT = 1000;
/** Milliseconds at least between two comparisons of a host that changes all the time. */
const BREATH = 150;
/** Milliseconds until a host that could not be read is asked again. */
const RETRY = { first: 1000, longest: 15_000 };

/**
 * Watches one host for as long as the console runs: compares it with its claims when its database changes, and now and then because its
 * rules may have; reads its counters while somebody looks. Tells each time. A host that does not answer is a view like others.
 */
export class HostWatch {
  private current: HostView;
  private readonly ended = new AbortController();
  /** Wakes what waits for the next turn. */
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

  /** Looks at once, because somebody has begun to. */
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
        // Told by the next comparison.
      }
    }
  }

  private set(view: HostView): void {
    this.current = view;
    if (!this.isOver) this.changed();
  }

  /** Resolves with the work, or when somebody begins to look. What the work then comes to is nobody's. */
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
