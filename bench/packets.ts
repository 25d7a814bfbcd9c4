import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { labEnvironment } from "../test/lab/command";
import type { LabHost } from "../test/lab/host";
import { agentCommand } from "../test/lab/packet-agent";
import { lengthPrefixed } from "../test/lab/sender";
import type { Vm } from "../test/lab/vm";

const AS_FAST_AS_IT_CAN = "100000000";
const SETTLE_MS = 300;

/** Packets that a VM has received so far. */
async function received(vm: Vm): Promise<number> {
  const { stdout } = await vm.run(["cat", "/proc/net/dev"]);
  return Number(/eth0: *\d+ +(\d+)/.exec(stdout)![1]);
}

/** Packets a second that VMs receive while one sends frames as fast as it can. */
export async function throughput(
  from: Vm,
  frame: Buffer,
  count: number,
  to: readonly Vm[],
): Promise<number[]> {
  const before = await Promise.all(to.map(received));
  const began = performance.now();
  // The sequence number goes over the last bytes.
  const argv = agentCommand(from.place, "stream", AS_FAST_AS_IT_CAN, String(count), String(frame.length - 4));
  const agent = spawn(argv[0]!, argv.slice(1), { env: labEnvironment, cwd: "/", stdio: "pipe" });
  agent.stdin.write(lengthPrefixed(frame));
  await once(agent, "close");
  const seconds = (performance.now() - began) / 1000;
  await sleep(SETTLE_MS);
  const after = await Promise.all(to.map(received));
  return after.map((packets, index) => (packets - before[index]!) / seconds);
}

/** Packets that all ports of a host's tap bridge have taken in so far. */
export async function takenIn(host: LabHost): Promise<number> {
  const ports = await host.ovs("ovs-ofctl -O OpenFlow14 dump-ports br-tap");
  return [...ports.matchAll(/rx pkts=(\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
}

/** OpenFlow rules on all bridges of a host. */
export async function ruleCount(host: LabHost): Promise<number> {
  const script = `for bridge in $(ovs-vsctl list-br); do ovs-ofctl -O OpenFlow14 dump-flows $bridge; done`;
  return ((await host.ovs(script)).match(/cookie=/g) ?? []).length;
}
