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

/**
 * Compares how many frames several runs of something lost with a control, which ran as often. The userspace datapath can lose
 * a few frames in a tunnel when any port comes or goes, and so can a machine that is busy for a moment: a single loss says
 * nothing, and one run may well be the worst of all. What is tried may lose no more than the control in the middle of its
 * runs, and not twice more than the worst of the control.
 */
export function expectNoMoreLost(lost: readonly number[], control: readonly number[], what: string): void {
  const text = `${what}: lost ${lost.join(", ")}; control ${control.join(", ")}`;
  console.log(`      ${text}`);
  expect(median(lost), `${text}: the median`).to.be.at.most(median(control));
  const worst = Math.max(...control);
  const beyond = lost.filter((one) => one > worst);
  expect(beyond.length, `${text}: runs beyond the worst of the control`).to.be.at.most(1);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
