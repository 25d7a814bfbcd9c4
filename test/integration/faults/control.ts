import { expect } from "chai";
import type { LabHost } from "../../lab/host";

/** Ports that come to a host, and go, as a control. */
const PORTS = 4;

/** Plugs ports that are nobody's into the integration bridges of hosts, and pulls them out again: what production bears with every day. */
export async function plugPorts(hosts: readonly LabHost[]): Promise<void> {
  for (let port = 0; port < PORTS; port++) {
    for (const host of hosts) {
      await host.ovs("ovs-vsctl add-port br-int dummy -- set Interface dummy type=internal");
      await host.ovs("ovs-vsctl del-port br-int dummy");
    }
  }
}

/** The share of pairs, one of the runs and one of the control, in which the run loses more. By chance it is reached in 3 of 100 comparisons of 4 runs. */
const TOO_MANY = 0.9;

/**
 * Compares how many frames several runs of something lost with a control. The userspace datapath can lose a few frames in a
 * tunnel when any port comes or goes, and so can a machine that is busy for a moment, so single losses say nothing. Each run is
 * compared with each of the control, as in the Mann-Whitney test: what loses more nearly every time has a gap of its own.
 */
export function expectNoMoreLost(lost: readonly number[], control: readonly number[], what: string): void {
  const text = `${what}: lost ${lost.join(", ")}; control ${control.join(", ")}`;
  console.log(`      ${text}`);
  const pairs = lost.flatMap((one) => control.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)));
  const share = pairs.reduce((sum: number, each) => sum + each, 0) / pairs.length;
  expect(share, `${text}: the share of pairs in which more is lost`).to.be.below(TOO_MANY);
}
