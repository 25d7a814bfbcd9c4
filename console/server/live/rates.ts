import type { Count, HostStatistics } from "../../../provider/statistics/statistics";
import type { HostView } from "./hostWatch";
import { idOf } from "./ids";

/** Milliseconds between two times that rates are told: each host is read once a second, and every host at another moment. */
const PACE = 900;

/** Two reads of a host's counters. */
interface Readings {
  now: NonNullable<HostView["counts"]>;
  before: HostView["counts"];
}

/** Frames per second between two counts; undefined if the second is smaller, because the rules were written again. */
export function perSecond(before: Count | undefined, now: Count, seconds: number): number | undefined {
  if (before === undefined || seconds <= 0 || now.packets < before.packets) return undefined;
  return Math.round(((now.packets - before.packets) / seconds) * 10) / 10;
}

/** Copies per second, from one read of a host's counters to the next. */
export class Rates {
  /** By tap: copies of the tap and of those that share its capture group. */
  taps: Record<string, number> = {};
  /** By service: copies delivered to its monitors. */
  services: Record<string, number> = {};
  private readonly readings = new Map<string, Readings>();
  /** What was told last, and when: the time of the latest counters then. */
  private told = { text: "", at: Number.NEGATIVE_INFINITY };

  /** Takes new counters into account. */
  take(views: readonly HostView[]): void {
    for (const { record, counts } of views) {
      const known = this.readings.get(record.name);
      if (counts === undefined) this.readings.delete(record.name);
      else if (known?.now !== counts) this.readings.set(record.name, { now: counts, before: known?.now });
    }
    this.taps = {};
    this.services = {};
    for (const readings of this.readings.values()) this.rate(readings);
  }

  /** The two latest reads of a host's counters. */
  of(host: string): Readings | undefined {
    return this.readings.get(host);
  }

  /**
   * Whether the rates are to be told, which they are then taken to be: they have changed, and were not told in the last second. What is not
   * told yet is told with later counters, which each host gets once a second.
   */
  areDue(): boolean {
    if (this.readings.size === 0) return false;
    const at = Math.max(...[...this.readings.values()].map(({ now }) => now.at));
    if (at - this.told.at < PACE) return false;
    const text = JSON.stringify([this.taps, this.services]);
    if (text === this.told.text) return false;
    this.told = { text, at };
    return true;
  }

  private rate({ now, before }: Readings): void {
    if (before === undefined) return;
    const seconds = (now.at - before.at) / 1000;
    for (const capture of now.statistics.captures) {
      const rate = perSecond(sameCapture(before.statistics, capture)?.copied, capture.copied, seconds);
      if (rate === undefined) continue;
      for (const owner of capture.owners) this.taps[idOf(owner)] = (this.taps[idOf(owner)] ?? 0) + rate;
    }
    for (const { owner, delivered } of now.statistics.services) {
      const old = before.statistics.services.find((service) => service.owner === owner);
      const rate = perSecond(old?.delivered, delivered, seconds);
      if (rate !== undefined) this.services[idOf(owner)] = rate;
    }
  }
}

type Capture = HostStatistics["captures"][number];

/** The same capture group in an earlier read. */
export function sameCapture(
  before: HostStatistics,
  { owners, direction, tunnelId }: Capture,
): Capture | undefined {
  return before.captures.find(
    (other) =>
      other.direction === direction &&
      other.tunnelId === tunnelId &&
      other.owners.length === owners.length &&
      other.owners.every((owner, index) => owner === owners[index]),
  );
}
