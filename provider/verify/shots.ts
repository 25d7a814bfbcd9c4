import { setTimeout as sleep } from "node:timers/promises";
import type { Action } from "../model/desired";
import type { PacketChannel, Received } from "../ovs/packetChannel";
import { FROM_CONTROLLER, MOST_PROBES, probeFrame, probeNumber, type Sending } from "./probe";

/** As much of a `PacketChannel` as probes need. */
export interface ProbeChannel extends Pick<PacketChannel, "controllerId" | "lease" | "end" | "send"> {
  readonly packets: AsyncIterable<Pick<Received, "tunnelId" | "frame">>;
}

/** A probe of a tap's way. */
export interface Probe {
  from: ProbeChannel;
  to: ProbeChannel;
  /** How it is sent, by each way that copies have. */
  ways: readonly Sending<number>[];
  /** What puts it out to the monitors once it has arrived; absent where they are to get none. */
  deliver?: { actions: Action<number>[]; text: string };
}

/** One frame of a probe. */
export interface Shot {
  probe: Probe;
  way: Sending<number>;
  bytes: number;
  number: number;
  sentAt: number;
  arrived?: { tunnelId: number; milliseconds: number };
}

/** Seconds in which a host must answer, so that none delays the probes of the others. */
const ANSWER = 3;

/** The frames of a run, who waits for them, and which hosts cannot send or tell of them. */
export class Shots {
  readonly all: Shot[] = [];
  readonly refused = new Map<ProbeChannel, string>();
  private settle: (() => void) | undefined;

  /** `lease`: has a host tell of frames that arrive, for longer than a round of them takes. */
  constructor(
    readonly run: bigint,
    private readonly lease: (to: ProbeChannel) => Promise<void>,
  ) {}

  /** Adds a frame; undefined where the run has no number for it. */
  add(probe: Probe, way: Sending<number>, bytes: number): Shot | undefined {
    if (this.all.length === MOST_PROBES) return undefined;
    const shot = { probe, way, bytes, number: this.all.length, sentAt: 0 };
    this.all.push(shot);
    return shot;
  }

  /** Takes what one host tells of until its connection ends. */
  async listen(to: ProbeChannel): Promise<void> {
    for await (const { tunnelId, frame } of to.packets) {
      const shot = this.all[probeNumber(this.run, frame) ?? -1];
      if (shot?.probe.to !== to || shot.arrived !== undefined) continue;
      const milliseconds = Math.round((performance.now() - shot.sentAt) * 10) / 10;
      shot.arrived = { tunnelId: Number(tunnelId ?? 0n), milliseconds };
      this.settle?.();
    }
  }

  /**
   * Sends frames, and waits until all have arrived that still can, or for so many milliseconds. A host that does not confirm that it will
   * tell of them gets none: it would treat them as copies.
   */
  async fire(shots: readonly Shot[], milliseconds: number): Promise<void> {
    await this.each(new Set(this.sendable(shots).map(({ probe }) => probe.to)), this.lease);
    const due = this.sendable(shots);
    const froms = new Set(due.map(({ probe }) => probe.from));
    await this.each(froms, async (from) => {
      const own = due.filter(({ probe }) => probe.from === from);
      for (const shot of own) shot.sentAt = performance.now();
      await from.send(own.map((shot) => this.frameOf(shot, shot.way.actions)));
    });
    const done = new AbortController();
    this.settle = () => {
      if (this.sendable(due).length === 0) done.abort();
    };
    this.settle();
    await sleep(milliseconds, undefined, { signal: done.signal }).catch(() => {});
    this.settle = undefined;
  }

  /** The frames that have not arrived and still can. */
  sendable(shots: readonly Shot[]): Shot[] {
    const { refused } = this;
    return shots.filter(
      ({ arrived, probe }) => arrived === undefined && !refused.has(probe.from) && !refused.has(probe.to),
    );
  }

  /** Does something with each channel, all at once; why it could not be done, or not in time, is noted. */
  async each(
    channels: Iterable<ProbeChannel>,
    work: (channel: ProbeChannel) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      [...channels].map((channel) =>
        inTime(work(channel)).catch((error: Error) => {
          this.refused.set(channel, error.message);
        }),
      ),
    );
  }

  /** A frame that goes out by some actions. */
  frameOf({ number, bytes }: Shot, actions: Action<number>[]) {
    return { inPort: FROM_CONTROLLER, actions, frame: probeFrame(this.run, number, bytes) };
  }
}

/** What a host answers; rejects if it does not in time, whatever else it sends meanwhile. */
export async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const over = new AbortController();
  const late = sleep(ANSWER * 1000, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${ANSWER} s`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
