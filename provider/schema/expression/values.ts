import { isIPv4, isIPv6 } from "node:net";
import { addressValue, readCidr } from "../filter/address";
import type { PortRange } from "../filter/portRange";
import { refuse } from "./cursor";
import { type Prefix, prefixOf } from "./match";
import { ETHER_TYPES, IP_PROTOCOLS } from "./qualifiers";
import type { Token } from "./tokens";

const MAC = /^[0-9a-f]{1,2}([:.-])(?:[0-9a-f]{1,2}\1){4}[0-9a-f]{1,2}$/i;
const PLAIN_MAC = /^(?:[0-9a-f]{12}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i;
const NUMBER = /^(?:0|[1-9]\d{0,9}|0x[0-9a-f]{1,8})$/i;

/** Reads a number, `17` or `0x11`; undefined if the word is not a number. */
export function numberOf(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** Reads a MAC address in any form of pcap-filter(7). Canonical: lower case, with colons. */
export function readMac(token: Token): string {
  const { text } = token;
  if (MAC.test(text))
    return text
      .toLowerCase()
      .split(/[:.-]/)
      .map((byte) => byte.padStart(2, "0"))
      .join(":");
  if (PLAIN_MAC.test(text)) return text.toLowerCase().replaceAll(".", "").match(/../g)!.join(":");
  return refuse(token, "this must be a MAC address such as 02:00:00:00:00:01");
}

/** Reads the address of one host. */
export function readHost(token: Token): Prefix {
  const { text } = token;
  if (MAC.test(text)) refuse(token, "write ether before a MAC address, as in ether host 02:00:00:00:00:01");
  if (!isIPv4(text) && !isIPv6(text))
    refuse(token, "this must be an IPv4 or IPv6 address: host names are not looked up");
  const bits = isIPv4(text) ? 32 : 128;
  return prefixOf(bits, addressValue(text), bits);
}

/**
 * Reads a network: an address, with or without a prefix length, or the first bytes of an IPv4 address. As in
 * pcap-filter(7), a whole address without a length is a single host.
 */
export function readNet(token: Token, length: Token | undefined): Prefix {
  const { text } = token;
  const bytes = /^(?:[1-9]\d{0,2}|\d{1,3}(?:\.\d{1,3}){1,2})$/.test(text) ? text.split(".") : [];
  const isShort = bytes.length > 0;
  const address = isShort ? [...bytes, 0, 0, 0].slice(0, 4).join(".") : text;
  const prefix = length?.text ?? (isShort ? String(bytes.length * 8) : undefined);
  const cidr = readCidr(prefix === undefined ? address : `${address}/${prefix}`);
  if ("reason" in cidr) {
    const given = length === undefined ? text : `${text}/${length.text}`;
    return refuse({ ...token, text: given }, `this ${cidr.reason}`);
  }
  const bits = isIPv4(address) ? 32 : 128;
  return prefixOf(bits, addressValue(address), Number(prefix ?? bits));
}

/** Reads a port. */
export function readPort(token: Token): PortRange {
  const port = numberOf(token.text);
  if (port === undefined)
    refuse(token, "this must be a port from 0 to 65535: service names are not looked up");
  if (port > 65535) refuse(token, "ports are 0 to 65535");
  return { first: port, last: port };
}

/** Reads a range of ports, in either order. */
export function readPortRange(token: Token): PortRange {
  const ends = token.text.split("-").map((end) => numberOf(end));
  const [first, last = first] = ends;
  if (ends.length > 2 || first === undefined || last === undefined)
    refuse(token, "this must be a range of ports such as 8000-8999: service names are not looked up");
  if (Math.max(first, last) > 65535) refuse(token, "ports are 0 to 65535");
  return { first: Math.min(first, last), last: Math.max(first, last) };
}

/** Names that are keywords, so that they need a backslash, and others from /etc/protocols. */
const NAMES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(IP_PROTOCOLS).map(([name, { number }]) => [name, number])),
  "ipv6-icmp": 58,
  gre: 47,
  ospf: 89,
};

/** Reads an IP protocol by number or name. */
export function readProtocolNumber(token: Token): number {
  const name = token.text.replace(/^\\/, "");
  const number = Object.hasOwn(NAMES, name) ? NAMES[name] : numberOf(name);
  if (number === undefined || number > 255)
    refuse(
      token,
      `this must be the number of an IP protocol, from 0 to 255, or one of ${Object.keys(NAMES).join(", ")}`,
    );
  return number;
}

/** EtherTypes of VLAN tags, which Open vSwitch does not tell apart. */
const TAGS = [0x8100, 0x88a8];

/** Reads an EtherType by number or name. */
export function readEtherType(token: Token): number {
  const name = token.text.replace(/^\\/, "");
  const number = Object.hasOwn(ETHER_TYPES, name) ? ETHER_TYPES[name] : numberOf(name);
  if (number === undefined || number < 0x0600 || number > 0xffff)
    refuse(
      token,
      `this must be an EtherType from 0x0600 to 0xffff, or one of ${Object.keys(ETHER_TYPES).join(", ")}`,
    );
  if (TAGS.includes(number)) refuse(token, "write vlan for frames with a tag");
  return number;
}

/** Reads a VLAN. */
export function readVlan(token: Token): number {
  const vlan = numberOf(token.text);
  if (vlan === undefined || vlan > 4095) refuse(token, "this must be a VLAN from 0 to 4095");
  return vlan;
}
