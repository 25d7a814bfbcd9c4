import type { Capture } from "../lab/capture";
import { arp, BROADCAST, icmp, tcp, udp } from "../lab/frames";
import type { Lab } from "../lab/lab";
import type { Vm } from "../lab/vm";

/** What two VMs said to each other, as it passed them and as the monitor saw it. Sorted: a switch may swap frames of different flows. */
export interface Conversation {
  /** Frames that the tapped VM sent. */
  sent: string[];
  /** Frames that reached the tapped VM. */
  received: string[];
  /** Frames of `sent` that reached the other VM. */
  delivered: string[];
  /** Copies of what the tapped VM sent, as the monitor got them. */
  sentCopies: string[];
  /** All other frames the monitor got. */
  otherCopies: string[];
}

const SIZES = [0, 18, 64, 333, 512, 1000, 1200, 1400];

/** Frames of the usual kinds from one VM to another: an ARP broadcast, pings, UDP and TCP of several sizes. */
function frames(from: Vm, to: Vm, rounds: number): Buffer[] {
  const addresses = { source: from.mac, destination: to.mac, sourceIp: from.ip, destinationIp: to.ip };
  const asked = { operation: 1 as const, senderMac: from.mac, senderIp: from.ip, targetIp: to.ip };
  const question = arp({ source: from.mac, destination: BROADCAST }, asked);
  const rest = Array.from({ length: rounds }, (_, round) =>
    SIZES.flatMap((size) => {
      const payload = Buffer.alloc(size, `${from.name} ${round} `);
      const ports = { sourcePort: 40_000 + round, destinationPort: 443, payload };
      return [
        icmp({ ...addresses, type: 8, sequence: round, payload }),
        udp({ ...addresses, ...ports }),
        tcp({ ...addresses, ...ports, sequence: round }),
      ];
    }),
  );
  return [question, ...rest.flat()];
}

/** Broadcasts of a VM that asks who has an address. */
export function broadcasts(from: Vm, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    arp(
      { source: from.mac, destination: BROADCAST },
      { operation: 1, senderMac: from.mac, senderIp: from.ip, targetIp: `198.51.100.${index + 1}` },
    ),
  );
}

/** Sends frames a few at a time, as a switch without flow control wants it, and waits until each few have arrived. */
async function sendGently(from: Vm, list: readonly Buffer[], arrivals: readonly Capture[]): Promise<void> {
  const start = arrivals.map((capture) => capture.captured.length);
  for (let sent = 0; sent < list.length; ) {
    const few = list.slice(sent, sent + 8);
    await from.send(few);
    sent += few.length;
    await Promise.all(arrivals.map((capture, index) => capture.settle({ frames: start[index]! + sent })));
  }
}

/** Lets `tapped` and `other` talk and says what arrived where; waits for `copies` at the monitor. */
export async function converse(
  lab: Lab,
  names: { tapped: string; other: string; monitor: string },
  copies: "expected" | "not expected",
): Promise<Conversation> {
  const [tapped, other, monitor] = [lab.vm(names.tapped), lab.vm(names.other), lab.vm(names.monitor)];
  const [atTapped, atOther, atMonitor] = await Promise.all([
    tapped.capture(),
    other.capture(),
    monitor.capture(),
  ]);
  const [questions, answers] = [frames(tapped, other, 6), frames(other, tapped, 6)];
  const awaited = copies === "expected" ? [atMonitor] : [];
  await sendGently(tapped, questions, [atOther, ...awaited]);
  await sendGently(other, answers, [atTapped, ...awaited]);
  await atMonitor.settle({ quietMs: 300 });
  const [received, delivered, seen] = await Promise.all([atTapped.stop(), atOther.stop(), atMonitor.stop()]);
  const ofTapped = (frame: Buffer): boolean =>
    frame.subarray(6, 12).toString("hex") === tapped.mac.replaceAll(":", "");
  return {
    sent: hex(questions),
    received: hex(received),
    delivered: hex(delivered),
    sentCopies: hex(seen.filter(ofTapped)),
    otherCopies: hex(seen.filter((frame) => !ofTapped(frame))),
  };
}

/** Sends frames from one VM; how many frames reach each of some others. */
export async function reach(from: Vm, sent: readonly Buffer[], receivers: readonly Vm[]): Promise<number[]> {
  const captures = await Promise.all(receivers.map((vm) => vm.capture()));
  await from.send(sent);
  await Promise.all(captures.map((capture) => capture.settle({ quietMs: 300 })));
  const arrived = await Promise.all(captures.map((capture) => capture.stop()));
  return arrived.map((list) => list.length);
}

function hex(list: readonly Buffer[]): string[] {
  return list.map((frame) => frame.toString("hex")).sort();
}
