import { isIPv4, isIPv6 } from "node:net";
import type { Reading } from "./reading";

/** An IP version. */
export type Family = "ipv4" | "ipv6";

/** The family of an address or CIDR text. */
export function familyOf(cidr: string): Family {
  return cidr.includes(":") ? "ipv6" : "ipv4";
}

const EXAMPLE = "must be an address or CIDR prefix such as 10.0.0.0/24 or 2001:db8::/32";

/**
 * Reads an address or CIDR prefix. Canonical: IPv6 as in RFC 5952, and no prefix length on a single address. Host bits
 * are refused, because the text could mean the network or the one host.
 */
export function readCidr(input: unknown): Reading<string> {
  if (typeof input !== "string") return { reason: EXAMPLE };
  const [address, length, ...rest] = input.trim().split("/") as [string, string?, ...string[]];
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) && !address.includes("%") ? "ipv6" : undefined;
  if (family === undefined || rest.length > 0) return { reason: EXAMPLE };
  const bits = family === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bits)) return { reason: `must have a prefix length of 0 to ${bits} after the slash` };
  const value = addressValue(address);
  const hostBits = BigInt(bits - prefix);
  const network = (value >> hostBits) << hostBits;
  const format = family === "ipv4" ? formatIpv4 : formatIpv6;
  if (network !== value) {
    return {
      reason: `has bits set beyond its /${prefix}: write ${format(network)}/${prefix} for the network or ${format(value)} for the one address`,
    };
  }
  return { value: prefix === bits ? format(value) : `${format(value)}/${prefix}` };
}

/** The numeric value of an IPv4 or IPv6 address; the text must be valid. */
export function addressValue(text: string): bigint {
  return familyOf(text) === "ipv4" ? ipv4Value(text) : ipv6Value(text);
}

function ipv4Value(text: string): bigint {
  return text.split(".").reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function ipv6Value(text: string): bigint {
  const dotted = /^(.*:)([\d.]+)$/.exec(text);
  const plain =
    dotted === null || !text.includes(".")
      ? text
      : `${dotted[1]}${(ipv4Value(dotted[2]!) >> 16n).toString(16)}:${(ipv4Value(dotted[2]!) & 0xffffn).toString(16)}`;
  const [head, tail] = plain.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = tail === undefined ? [] : Array<string>(8 - head!.length - tail.length).fill("0");
  return [...head!, ...zeros, ...(tail ?? [])].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

/** The text of an IPv4 address. */
export function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
}

/**
 * The text of an IPv6 address: RFC 5952, with the last 32 bits in dotted form where inet_ntop(3), and so ovs-ofctl,
 * writes them like that.
 */
export function formatIpv6(value: bigint): string {
  const upper = value >> 32n;
  if (upper === 0xffffn || (upper === 0n && value > 0xffffn)) {
    return `::${upper === 0n ? "" : "ffff:"}${formatIpv4(value & 0xffffffffn)}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const texts = groups.map((group) => group.toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return texts.join(":");
  return `${texts.slice(0, run.start).join(":")}::${texts.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly bigint[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0n) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
