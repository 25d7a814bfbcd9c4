import { isIPv4 } from "node:net";
import type { FilterAction, FilterRule } from "../../../provider/schema/filter";
import { type Dissected, dissect, type Packet } from "./dissect";

/** What a filter does with a frame, and the rule that said so. */
export interface Decision {
  action: FilterAction;
  ruleIndex: number | "default";
}

const PROTOCOLS: Record<string, number> = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 };
const ETHER_TYPES: Record<string, number> = { ipv4: 0x0800, ipv6: 0x86dd, arp: 0x0806 };
const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];

/** Decides about a guest's frame by the documented meaning of a filter, and by nothing else. */
export function evaluate(
  rules: readonly FilterRule[],
  defaultAction: FilterAction | undefined,
  frame: Buffer,
  direction: "ingress" | "egress",
): Decision {
  return evaluateDissected(rules, defaultAction, dissect(frame), direction);
}

/** The same about a frame that was taken apart before. */
export function evaluateDissected(
  rules: readonly FilterRule[],
  defaultAction: FilterAction | undefined,
  seen: Dissected,
  direction: "ingress" | "egress",
): Decision {
  const ruleIndex = rules.findIndex((rule) => matches(rule, seen, direction));
  if (ruleIndex >= 0) return { action: rules[ruleIndex]!.action, ruleIndex };
  return { action: defaultAction ?? (rules.length > 0 ? "reject" : "accept"), ruleIndex: "default" };
}

function matches(rule: FilterRule, frame: Dissected, direction: string): boolean {
  const isAbout = <T>(wanted: T | undefined, test: (wanted: T) => boolean) =>
    wanted === undefined || test(wanted);
  const { packet } = frame;
  const inPacket = <T>(wanted: T | undefined, test: (wanted: T, packet: Packet) => boolean) =>
    wanted === undefined || (packet !== undefined && test(wanted, packet));
  return (
    isAbout(rule.direction, (wanted) => wanted === direction) &&
    isAbout(rule.etherType, (wanted) => frame.etherType === (ETHER_TYPES[wanted] ?? wanted)) &&
    isAbout(rule.sourceMac, (wanted) => frame.sourceMac === wanted) &&
    isAbout(rule.destinationMac, (wanted) => frame.destinationMac === wanted) &&
    isAbout(rule.vlan, (wanted) => frame.vlan === (wanted === "untagged" ? undefined : wanted)) &&
    inPacket(rule.protocol, isProtocol) &&
    isAbout(rule.source, (wanted) => contains(wanted, versionOf(frame), addressesOf(rule, frame)?.source)) &&
    isAbout(rule.destination, (wanted) =>
      contains(wanted, versionOf(frame), addressesOf(rule, frame)?.destination),
    ) &&
    inPacket(rule.sourcePort, (wanted, seen) => isPort(wanted, seen, seen.sourcePort)) &&
    inPacket(rule.destinationPort, (wanted, seen) => isPort(wanted, seen, seen.destinationPort)) &&
    inPacket(rule.tcpFlags, areFlags) &&
    inPacket(rule.fragment, isFragment)
  );
}

function isProtocol(wanted: string | number, packet: Packet): boolean {
  if (wanted === "icmp" && packet.version !== "ipv4") return false;
  if (wanted === "icmpv6" && packet.version !== "ipv6") return false;
  return packet.protocol === (PROTOCOLS[wanted] ?? wanted);
}

/** The addresses that a rule is about: those of ARP where it asks for ARP, else those of IP. */
function addressesOf({ etherType }: FilterRule, { packet, arp }: Dissected) {
  return etherType === "arp" ? arp : packet;
}

function versionOf({ packet }: Dissected): string {
  return packet?.version ?? "ipv4";
}

function contains(cidr: string, version: string, address: bigint | undefined): boolean {
  if (address === undefined) return false;
  const [network, length] = cidr.split("/") as [string, string?];
  if (version !== (isIPv4(network) ? "ipv4" : "ipv6")) return false;
  const bits = version === "ipv4" ? 32 : 128;
  const hostBits = BigInt(bits - Number(length ?? bits));
  return address >> hostBits === addressValue(network) >> hostBits;
}

/** The value of an address, by the URL parser for IPv6: it writes each of the eight groups that are not zero. */
function addressValue(text: string): bigint {
  if (isIPv4(text)) return text.split(".").reduce((value, octet) => value * 256n + BigInt(octet), 0n);
  const plain = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head, tail] = plain.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const gap = 8 - head!.length - (tail?.length ?? 0);
  const groups = [...head!, ...Array<string>(gap).fill("0"), ...(tail ?? [])];
  return groups.reduce((value, group) => value * 65536n + BigInt(Number.parseInt(group, 16)), 0n);
}

function isPort(wanted: number | string, packet: Packet, port: number): boolean {
  const [first, last] = typeof wanted === "number" ? [wanted, wanted] : wanted.split("-").map(Number);
  return packet.fragment !== "later" && port >= first! && port <= last!;
}

function areFlags(wanted: string, packet: Packet): boolean {
  const asked = [...wanted.matchAll(/([+-])([a-z]+)/g)];
  return (
    packet.fragment !== "later" &&
    asked.every(([, sign, name]) => {
      const isSet = ((packet.tcpFlags >> FLAGS.indexOf(name!)) & 1) === 1;
      return isSet === (sign === "+");
    })
  );
}

function isFragment(wanted: string, { fragment }: Packet): boolean {
  return wanted === "any" ? fragment !== "none" : fragment === wanted;
}
