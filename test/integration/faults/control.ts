import { expect } from "chai";
import type { LabHost } from "../../lab/host";

/** Ports that come to a host, and go, as a control. */
const PORTS = 4;

/**
 * Plugs ports that are nobody's into the integration bridges of hosts, and pulls them out again: what production bears
 * with every day.
 */
export async function plugPorts(hosts: readonly LabHost[]): Promise<void> {
  for (let port = 0; port < PORTS; port++) {
    for (const host of hosts) {
      await host.ovs("ovs-vsctl add-port br-int dummy -- set Interface dummy type=internal");
      await host.ovs("ovs-vsctl del-port br-int dummy");
    }
  }
}

/** How often something is done that may lose frames, and its control. */
export const RUNS = 6;

/** The share of pairs, one of the runs and one of the control, in which the run loses more. */
const TOO_MANY = 0.9;

/** Of so many runs, on either side, one may lose much by chance. */
const SELDOM = 6;

/** How losses are judged. */
export interface Measure {
  /** The stream's packets a second. Default 1,000. */
  pps?: number;
  /** How much longer than the control's the runs' gaps may be, in milliseconds of the stream. Default 50. */
  margin?: number;
}

/**
 * Judges how many frames several runs of something lost against a control. The userspace datapath can lose a few frames
 * in a tunnel when any port comes or goes, and a machine that is busy for a moment can lose a hundred, so a single loss
 * says nothing. Two comparisons find a gap that the runs make themselves:
 *
 * - Each run with each of the control, as in the Mann-Whitney test. Runs that lose more in nearly every pair have a
 *   gap, however small. Of comparisons of six runs without a gap, fewer than 1 in 100 fail.
 * - The largest loss of either side, without those that may be chance. A large gap need not show each time. If it shows
 *   in 60 % of the runs, at most one of six has it in 4 of 100 comparisons, and these pass. If one run in fifty loses
 *   much by chance, two of six do in fewer than 1 of 100 comparisons, and these fail.
 *
 * Returns what is wrong, or `undefined`.
 */
export function excessOf(
  lost: readonly number[],
  control: readonly number[],
  { pps = 1_000, margin = 50 }: Measure = {},
): string | undefined {
  if (lost.length === 0 || control.length === 0) return "nothing was measured";
  const pairs = lost.flatMap((one) => control.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)));
  const share = pairs.reduce((sum: number, each) => sum + each, 0) / pairs.length;
  if (share >= TOO_MANY) return `more is lost in ${Math.round(share * 100)} % of the pairs`;
  const [most, usual] = [largestOf(lost), largestOf(control)];
  if (most <= usual + (margin * pps) / 1_000) return undefined;
  return `the largest loss, without what may be chance, is ${most}, and the control's ${usual}`;
}

/** The largest loss, without those that may be chance. */
function largestOf(losses: readonly number[]): number {
  const sorted = [...losses].sort((a, b) => b - a);
  return Math.max(0, ...sorted.slice(Math.ceil(losses.length / SELDOM)));
}

/** Expects that runs of something lost no more frames than a control. */
export function expectNoMoreLost(
  lost: readonly number[],
  control: readonly number[],
  what: string,
  measure?: Measure,
): void {
  const text = `${what}: lost ${lost.join(", ")}; control ${control.join(", ")}`;
  console.log(`      ${text}`);
  expect(excessOf(lost, control, measure), text).to.equal(undefined);
}
