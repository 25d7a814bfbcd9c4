import { randomBytes } from "node:crypto";
import { leaseCookie } from "../model/identity";
import { findLimits } from "./findLimits";
import { type LengthLimit, type ProbeResult, probeRules, runAddress, SHORTEST } from "./probe";
import { inTime, type Probe, type ProbeChannel, Shots } from "./shots";

/**
 * Seconds after which the rules for probes expire: more than a round of probes takes, with all that hosts must answer for it. A host that
 * does not answer in time may still send for at least 7 s.
 */
const LEASE = 10;
/**
 * Milliseconds after which probes that have not arrived are sent again: the first frame to a neighbour is lost while
 * its address is being resolved.
 */
const PAUSES = [200, 400, 1400];

/**
 * Sends probes, each as short as can be and as long as the longest copies, and says of each what became of it. The rules for them are added
 * anew for each round. They are deleted at the end, but where a host that could not be relied on to send may still do so: there they expire
 * after 10 s, so that no monitor gets what it sends meanwhile.
 */
export async function sendProbes(probes: readonly Probe[]): Promise<ProbeResult[]> {
  const run = runAddress(randomBytes(4));
  const cookie = leaseCookie(run.toString(16).padStart(12, "0"));
  const rules = (to: ProbeChannel) => probeRules(run, cookie, { controller: to.controllerId, userdata: "" });
  const shots = new Shots(run, (to) => to.lease(rules(to), LEASE));
  load(shots, probes);
  const targets = [...new Set(probes.map(({ to }) => to))];
  for (const to of targets)
    void shots.listen(to).catch((error: Error) => shots.refused.set(to, error.message));
  try {
    let sent = 0;
    for (const pause of PAUSES) {
      await shots.fire(shots.all, pause);
      sent += 1;
      if (shots.sendable(shots.all).length === 0) break;
    }
    const delivered = await deliver(shots);
    const limits = await findLimits(shots);
    return probes.map((probe) => resultOf(probe, shots, { sent, delivered, cut: limits.get(probe) }));
  } finally {
    const late = new Set(probes.filter(({ from }) => shots.refused.has(from)).map(({ to }) => to));
    const settled = targets.filter((to) => !late.has(to));
    await Promise.all(settled.map((to) => inTime(to.end(rules(to))).catch(() => {})));
  }
}

/** The short frames first: where a run has too few numbers, they say most. */
function load(shots: Shots, probes: readonly Probe[]): void {
  const all = probes.flatMap((probe) => probe.ways.map((way) => ({ probe, way })));
  for (const { probe, way } of all) shots.add(probe, way, SHORTEST);
  for (const { probe, way } of all) if (way.longest !== undefined) shots.add(probe, way, way.longest);
}

/** Puts out to the monitors what has arrived, where they are to get it. Returns the probes that were. */
async function deliver(shots: Shots): Promise<Set<Probe>> {
  const delivered = new Set<Probe>();
  const arrived = shots.all.filter((shot) => shot.arrived !== undefined && shot.bytes === SHORTEST);
  await shots.each(new Set(arrived.map(({ probe }) => probe.to)), async (to) => {
    const own = arrived.filter(({ probe }) => probe.to === to && probe.deliver !== undefined);
    if (own.length > 0) await to.send(own.map((shot) => shots.frameOf(shot, shot.probe.deliver!.actions)));
    for (const { probe } of own) delivered.add(probe);
  });
  return delivered;
}

/** What a run has found out besides what arrived. */
interface Findings {
  /** Rounds of probes. */
  sent: number;
  /** Probes that were put out to the monitors. */
  delivered: ReadonlySet<Probe>;
  cut: LengthLimit | undefined;
}

function resultOf(probe: Probe, shots: Shots, { sent, delivered, cut }: Findings): ProbeResult {
  const why = shots.refused.get(probe.from) ?? shots.refused.get(probe.to);
  const isDone = isProved(probe, shots) && (probe.deliver === undefined || delivered.has(probe));
  if (why !== undefined && !isDone) return { outcome: "refused", why };
  const own = shots.all.filter((shot) => shot.probe === probe && shot.bytes === SHORTEST);
  const arrivals = own.flatMap(({ arrived }) => arrived ?? []);
  if (own.length < probe.ways.length) return { outcome: "refused", why: "too many taps to probe at once" };
  if (arrivals.length < own.length) return { outcome: "lost", sent };
  const [first] = arrivals;
  if (first === undefined) return { outcome: "refused", why: "there is no way to send a probe by" };
  const odd = arrivals.find(({ tunnelId }) => tunnelId !== first.tunnelId) ?? first;
  return {
    outcome: "arrived",
    ...odd,
    ...(cut === undefined ? {} : { cut }),
    ...(delivered.has(probe) ? { delivered: probe.deliver!.text } : {}),
  };
}

/** Whether a probe has arrived by all its ways at all its lengths. What a host refuses later does not change that. */
function isProved(probe: Probe, shots: Shots): boolean {
  const arrived = shots.all.filter((shot) => shot.probe === probe && shot.arrived !== undefined);
  const has = (way: Probe["ways"][number], length: number) =>
    arrived.some((shot) => shot.way === way && shot.bytes === length);
  return (
    probe.ways.length > 0 &&
    probe.ways.every((way) => has(way, SHORTEST) && (way.longest === undefined || has(way, way.longest)))
  );
}
