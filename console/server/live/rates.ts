import type { Count, HostStatistics } from "../../../provider/statistics/statistics";
import type { HostView } from "./hostWatch";
import { idOf } from "./ids";

/** Two readings of a host's counters. */
interface Readings {
  now: NonNullable<HostView["counts"]>;
  before: HostView["counts"];
}

/** Frames a second between two counts; undefined where the second is smaller: the rules were written anew. */
export function perSecond(before: Count | undefined, now: Count, seconds: number): number | undefined {
  if (before === undefined || seconds <= 0 || now.packets < before.packets) return undefined;
  return Math.round(((now.packets - before.packets) / seconds) * 10) / 10;
}

/** Copies a second, from one reading of a host's counters to the next. */
export class Rates {
  /** By tap: copies made of it and of the taps that it shares a capture group with. */
  taps: Record<string, number> = {};
  /** By service: copies put out to its monitors. */
  services: Record<string, number> = {};
  private readonly readings = new Map<string, Readings>();
  private told = "";

  /** Takes what has been counted since. */
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

  /** The two last readings of a host's counters. */
  of(host: string): Readings | undefined {
    return this.readings.get(host);
  }

  /** Whether they are others than when this was asked last. */
  areNew(): boolean {
    const text = JSON.stringify([this.taps, this.services]);
    const isNew = text !== this.told;
    this.told = text;
    return isNew;
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

/** The capture group of an earlier reading that a later one is of. */
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
