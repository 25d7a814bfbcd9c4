import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Action } from "../model/desired";
import { leaseCookie } from "../model/identity";
import type { PacketChannel, Received } from "../ovs/packetChannel";
import {
  FROM_CONTROLLER,
  MOST_PROBES,
  type ProbeResult,
  probeFrame,
  probeNumber,
  probeRules,
  runAddress,
} from "./probe";

/** As much of a `PacketChannel` as probes need. */
export interface ProbeChannel extends Pick<PacketChannel, "controllerId" | "lease" | "end" | "send"> {
  readonly packets: AsyncIterable<Pick<Received, "tunnelId" | "frame">>;
}

/** A probe of a tap's way. */
export interface Probe {
  from: ProbeChannel;
  to: ProbeChannel;
  /** How it is sent: one list for each way that copies have. */
  ways: readonly Action<number>[][];
  /** What puts it out to the monitors once it has arrived; absent where they are to get none. */
  deliver?: { actions: Action<number>[]; text: string };
}

/** Seconds after which the rules for probes end by themselves. */
const LEASE = 10;
/** Milliseconds after which what has not arrived is sent again: the first frame to a neighbour is lost while its address is asked for. */
const PAUSES = [200, 400, 1400];

/** One frame of a probe. */
interface Shot {
  probe: Probe;
  number: number;
  actions: Action<number>[];
  sentAt: number;
  arrived?: { tunnelId: number; milliseconds: number };
}

/** The frames under way, and who waits for them. */
class Shots {
  readonly all: readonly Shot[];
  private settle: (() => void) | undefined;

  constructor(
    readonly run: bigint,
    probes: readonly Probe[],
  ) {
    const ways = probes.flatMap((probe) => probe.ways.map((actions) => ({ probe, actions })));
    this.all = ways.slice(0, MOST_PROBES).map((way, number) => ({ ...way, number, sentAt: 0 }));
  }

  get missing(): Shot[] {
    return this.all.filter(({ arrived }) => arrived === undefined);
  }

  /** Takes what one host tells of until its connection ends. */
  async listen(to: ProbeChannel): Promise<void> {
    for await (const { tunnelId, frame } of to.packets) {
      const shot = this.all[probeNumber(this.run, frame) ?? -1];
      if (shot?.probe.to !== to || shot.arrived !== undefined) continue;
      const milliseconds = Math.round((performance.now() - shot.sentAt) * 10) / 10;
      shot.arrived = { tunnelId: Number(tunnelId ?? 0n), milliseconds };
      if (this.missing.length === 0) this.settle?.();
    }
  }

  /** Resolves when all have arrived, or after so many milliseconds. */
  async wait(milliseconds: number): Promise<void> {
    if (this.missing.length === 0) return;
    const done = new AbortController();
    this.settle = () => done.abort();
    await sleep(milliseconds, undefined, { signal: done.signal }).catch(() => {});
  }
}

/** Sends probes and says of each what became of it. Its rules end with it, or after 10 s. */
export async function sendProbes(probes: readonly Probe[]): Promise<ProbeResult[]> {
  const shots = new Shots(runAddress(randomBytes(4)), probes);
  const refused = new Map<ProbeChannel, string>();
  const cookie = leaseCookie(shots.run.toString(16).padStart(12, "0"));
  const rules = (to: ProbeChannel) =>
    probeRules(shots.run, cookie, { controller: to.controllerId, userdata: "" });
  const targets = [...new Set(probes.map(({ to }) => to))];
  await each(targets, refused, async (to) => {
    void shots.listen(to).catch((error: Error) => refused.set(to, error.message));
    await to.lease(rules(to), LEASE);
  });
  try {
    let sent = 0;
    for (const pause of PAUSES) {
      await sendAll(shots, refused);
      sent += 1;
      await shots.wait(pause);
      if (sendable(shots, refused).length === 0) break;
    }
    await deliver(shots, refused);
    return probes.map((probe) => resultOf(probe, shots, sent, refused));
  } finally {
    await each(targets, new Map(), (to) => to.end(rules(to)));
  }
}

/** Does something with each channel, all at once; why it could not be done is noted. */
async function each(
  channels: Iterable<ProbeChannel>,
  refused: Map<ProbeChannel, string>,
  work: (channel: ProbeChannel) => Promise<void>,
): Promise<void> {
  await Promise.all(
    [...channels].map((channel) =>
      work(channel).catch((error: Error) => {
        refused.set(channel, error.message);
      }),
    ),
  );
}

/** The frames that have not arrived and still can. */
function sendable(shots: Shots, refused: ReadonlyMap<ProbeChannel, string>): Shot[] {
  return shots.missing.filter(({ probe }) => !refused.has(probe.from) && !refused.has(probe.to));
}

async function sendAll(shots: Shots, refused: Map<ProbeChannel, string>): Promise<void> {
  const due = sendable(shots, refused);
  await each(new Set(due.map(({ probe }) => probe.from)), refused, async (from) => {
    const own = due.filter(({ probe }) => probe.from === from);
    for (const shot of own) shot.sentAt = performance.now();
    if (own.length > 0)
      await from.send(own.map(({ number, actions }) => frameOf(shots.run, number, actions)));
  });
}

function frameOf(run: bigint, number: number, actions: Action<number>[]) {
  return { inPort: FROM_CONTROLLER, actions, frame: probeFrame(run, number) };
}

/** Puts out to the monitors what has arrived, where they are to get it. */
async function deliver(shots: Shots, refused: Map<ProbeChannel, string>): Promise<void> {
  const arrived = shots.all.filter(({ arrived: there }) => there !== undefined);
  await each(new Set(arrived.map(({ probe }) => probe.to)), refused, async (to) => {
    const frames = arrived.flatMap(({ probe, number }) =>
      probe.to !== to || probe.deliver === undefined
        ? []
        : [frameOf(shots.run, number, probe.deliver.actions)],
    );
    if (frames.length > 0) await to.send(frames);
  });
}

function resultOf(
  probe: Probe,
  shots: Shots,
  sent: number,
  refused: ReadonlyMap<ProbeChannel, string>,
): ProbeResult {
  const why = refused.get(probe.from) ?? refused.get(probe.to);
  if (why !== undefined) return { outcome: "refused", why };
  const own = shots.all.filter((shot) => shot.probe === probe);
  const arrivals = own.flatMap(({ arrived }) => arrived ?? []);
  if (own.length < probe.ways.length) return { outcome: "refused", why: "too many taps to probe at once" };
  if (arrivals.length < own.length) return { outcome: "lost", sent };
  const [first] = arrivals;
  if (first === undefined) return { outcome: "refused", why: "there is no way to send a probe by" };
  const odd = arrivals.find(({ tunnelId }) => tunnelId !== first.tunnelId) ?? first;
  return {
    outcome: "arrived",
    ...odd,
    ...(probe.deliver === undefined ? {} : { delivered: probe.deliver.text }),
  };
}
