import { expect } from "chai";
import type { Capture } from "../../lab/capture";
import {
  arp,
  BROADCAST,
  type EthernetHeader,
  ethernet,
  type IpHeader,
  icmp,
  TCP_FLAGS,
  tcp,
  udp,
  type VlanTag,
} from "../../lab/frames";
import type { Vm } from "../../lab/vm";

/** A MAC address that nobody has: frames to it are flooded. */
const NOBODY = "fa:16:3e:99:99:99";

/** Tags of a frame, outermost first. */
export type Tags = readonly (number | VlanTag)[];

/** Ethernet and IPv4 addresses of a packet from one VM to another. */
export function between(from: Vm, to: Vm, tags: Tags = []): EthernetHeader & IpHeader {
  return { source: from.mac, destination: to.mac, sourceIp: from.ip, destinationIp: to.ip, tags };
}

function sixBetween(from: Vm, to: Vm, tags: Tags): EthernetHeader & IpHeader {
  const six = (ip: string) => `2001:db8::${ip.split(".")[3]}`;
  return { ...between(from, to, tags), sourceIp: six(from.ip), destinationIp: six(to.ip) };
}

let count = 0;

/** Bytes that no other frame of this process has. */
function payload(size: number): Buffer {
  return Buffer.alloc(size, `${++count}/`);
}

/** One UDP datagram from one VM to another that is like no other. */
export function datagram(from: Vm, to: Vm, tags: Tags = [], size = 40): Buffer {
  return udp({
    ...between(from, to, tags),
    sourcePort: 4_000,
    destinationPort: 4_001,
    payload: payload(size),
  });
}

/** An untagged frame as it is on a trunk. */
export function tagged(frame: Buffer, vlan: number): Buffer {
  return Buffer.concat([
    frame.subarray(0, 12),
    Buffer.from([0x81, 0, vlan >> 8, vlan & 0xff]),
    frame.subarray(12),
  ]);
}

/** One frame from one VM to everybody that is like no other. */
export function broadcast(from: Vm, tags: Tags = []): Buffer {
  const header = { ...between(from, from, tags), destination: BROADCAST, destinationIp: "255.255.255.255" };
  return udp({ ...header, sourcePort: 4_000, destinationPort: 4_001, payload: payload(30) });
}

/** One frame from a VM to a MAC address that nobody has, like no other. */
function unknownUnicast(from: Vm, tags: Tags = []): Buffer {
  const header = { ...between(from, from, tags), destination: NOBODY, destinationIp: "198.51.100.99" };
  return udp({ ...header, sourcePort: 4_000, destinationPort: 4_001, payload: payload(31) });
}

/** A link's MTU leaves room for one 802.1Q tag; Linux lets no other tag in beyond it. */
function roomForTags(tags: Tags): number {
  const [first] = tags;
  const free = typeof first === "object" && first.tpid !== undefined && first.tpid !== 0x8100 ? 0 : 1;
  return 4 * Math.max(0, tags.length - free);
}

/** Frames for one VM: IPv4, IPv6, ARP, other EtherTypes, odd lengths, the shortest and the longest that fit the MTU. */
export function unicast(from: Vm, to: Vm, tags: Tags = [], mtu = from.mtu): Buffer[] {
  const [four, six] = [between(from, to, tags), sixBetween(from, to, tags)];
  const ports = { sourcePort: 40_000, destinationPort: 443 };
  const ends = { senderMac: from.mac, senderIp: from.ip, targetMac: to.mac, targetIp: to.ip };
  const longest = mtu - roomForTags(tags) - 20 - 8;
  return [
    udp({ ...four, ...ports, payload: payload(33) }),
    udp({ ...four, ...ports, payload: payload(longest) }),
    udp({ ...four, ...ports, payload: payload(longest - 1), tos: 0xb8, ttl: 1 }),
    tcp({ ...four, ...ports, flags: TCP_FLAGS.syn, sequence: ++count }),
    tcp({ ...four, ...ports, flags: TCP_FLAGS.ack | TCP_FLAGS.psh, payload: payload(101) }),
    icmp({ ...four, type: 8, payload: payload(57) }),
    udp({ ...four, ...ports, payload: payload(64), fragment: 0x2000, id: ++count }),
    udp({ ...six, ...ports, payload: payload(51) }),
    tcp({ ...six, ...ports, payload: payload(1_001) }),
    arp(four, { operation: 2, ...ends, senderIp: `198.51.100.${++count % 256}` }),
    ethernet(four, 0x88b5, payload(46)),
    ethernet(four, 0x88b5, payload(7)),
  ];
}

/** Frames for all or for nobody known: broadcast, IPv4 and IPv6 multicast, unknown unicast. */
export function flooded(from: Vm, tags: Tags = []): Buffer[] {
  const four = between(from, from, tags);
  const ports = { sourcePort: 5_353, destinationPort: 5_353 };
  const group = { destination: "01:00:5e:00:00:fb", destinationIp: "224.0.0.251" };
  const group6 = { destination: "33:33:00:00:00:fb", destinationIp: "ff02::fb" };
  const request = { senderMac: from.mac, senderIp: from.ip, targetIp: `198.51.100.${++count % 256}` };
  return [
    broadcast(from, tags),
    arp({ ...four, destination: BROADCAST }, { operation: 1, ...request }),
    udp({ ...four, ...ports, ...group, payload: payload(45) }),
    udp({ ...sixBetween(from, from, tags), ...ports, ...group6, payload: payload(44) }),
    unknownUnicast(from, tags),
  ];
}

/** Lets the bridges learn where the VMs are, so that unicast is not flooded. A change of Mirrors makes them forget. */
export async function learn(vms: readonly Vm[], tags: Tags = []): Promise<void> {
  const captures = await Promise.all(vms.map((vm) => vm.capture()));
  await Promise.all(vms.map((vm) => vm.send([broadcast(vm, tags)])));
  await Promise.all(captures.map((capture) => capture.settle({ frames: vms.length - 1 })));
  await Promise.all(captures.map((capture) => capture.stop()));
}

/** Waits for `frames` frames, then for silence, so that nothing more than expected stays unseen. */
export async function all(capture: Capture, frames = 0): Promise<Buffer[]> {
  if (frames > 0) await capture.settle({ frames });
  await capture.settle({ quietMs: 300 });
  return capture.stop();
}

/** Runs `traffic` and resolves with what each VM was sent meanwhile; `expected` is how many frames to wait for at each. */
export async function received(
  vms: readonly Vm[],
  traffic: () => Promise<unknown>,
  expected: readonly number[] = [],
): Promise<Buffer[][]> {
  const captures = await Promise.all(vms.map((vm) => vm.capture()));
  await traffic();
  return Promise.all(captures.map((capture, index) => all(capture, expected[index])));
}

/** Asserts that the frames are the expected ones, byte for byte and each as often, in any order. */
export function expectFrames(actual: readonly Buffer[], expected: readonly Buffer[], what = "frames"): void {
  const left = actual.map((frame) => frame.toString("hex"));
  const missing: string[] = [];
  for (const hex of expected.map((frame) => frame.toString("hex"))) {
    const at = left.indexOf(hex);
    if (at < 0) missing.push(hex);
    else left.splice(at, 1);
  }
  const lines = [...missing.map((hex) => `missing    ${hex}`), ...left.map((hex) => `unexpected ${hex}`)];
  expect(lines.join("\n"), `${what}: ${expected.length} expected, ${actual.length} came`).to.equal("");
}
