import type { Capture } from "../../lab/capture";
import type { LabHost } from "../../lab/host";
import type { Vm } from "../../lab/vm";

/** A stream of a VM by its UDP port. */
export interface CountedStream {
  from: Vm;
  port: number;
}

function match({ from, port }: CountedStream): string {
  return `udp,in_port=${from.port},tp_dst=${port}`;
}

/** Lets `br-int` count what it takes in of these VMs' streams; it forwards them as before. */
export async function countStreams(
  host: LabHost,
  vms: readonly Vm[],
  ports: readonly number[],
): Promise<void> {
  const streams = vms.flatMap((from) => ports.map((port) => ({ from, port })));
  const flows = streams.map((stream) => `table=0,priority=10,${match(stream)},actions=NORMAL`);
  await host.addFlows("br-int", flows);
}

/**
 * Frames of a stream that the switch has taken in until now. On a busy machine the kernel drops some of a fast stream
 * before the switch sees them, so that what is lost in the switch is the difference to this.
 */
export async function taken(host: LabHost, stream: CountedStream): Promise<number> {
  const dump = await host.ovs(`ovs-appctl revalidator/wait; ovs-ofctl dump-flows br-int "${match(stream)}"`);
  return Number(/n_packets=(\d+)/.exec(dump)![1]);
}

/** Frames a second in a capture, without its first second: until then a cap lets its burst through. */
export function steadyRate(capture: Capture): number {
  const times = capture.captured.map(({ time }) => Number(time - capture.captured[0]!.time) / 1e9);
  const later = times.filter((time) => time > 1);
  return (later.length - 1) / (later.at(-1)! - later[0]!);
}
