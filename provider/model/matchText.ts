import { formatIpv4, formatIpv6 } from "../schema/filter/address";
import { TCP_FLAGS } from "../schema/filter/tcpFlags";
import { type Field, type FieldMatch, TAG_PRESENT } from "./match";
import { memo } from "./memo";

const ETHER_TYPES = { ipv4: 0x800n, ipv6: 0x86ddn };

/** ovs-ofctl's names for EtherTypes without protocols of their own. */
const PLAIN_TYPES: ReadonlyMap<bigint | undefined, string> = new Map([
  [0x806n, "arp"],
  [0x8035n, "rarp"],
  [0x8847n, "mpls"],
  [0x8848n, "mplsm"],
]);

/** ovs-ofctl's keywords for a protocol over an IP version. */
const PROTOCOLS: Record<"ipv4" | "ipv6", Record<string, string>> = {
  ipv4: { 6: "tcp", 17: "udp", 132: "sctp", 1: "icmp" },
  ipv6: { 6: "tcp6", 17: "udp6", 132: "sctp6", 58: "icmp6" },
};

/**
 * Kinds of fragments by value and mask: bit 0 is set for any fragment, bit 1 for one that is not the first
 * (ovs-fields(7), ip_frag).
 */
const FRAGMENTS: Record<string, string> = {
  "0": "no",
  "1/1": "yes",
  "1": "first",
  "3": "later",
  "0/2": "not_later",
};

function hex(number: bigint): string {
  return `0x${number.toString(16)}`;
}

function number({ value, mask }: FieldMatch): string {
  return mask === undefined ? value.toString() : `${hex(value)}/${hex(mask)}`;
}

function bits({ value, mask }: FieldMatch): string {
  return mask === undefined ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function mac({ value }: FieldMatch): string {
  return value
    .toString(16)
    .padStart(12, "0")
    .replace(/..(?!$)/g, "$&:");
}

function address(format: (value: bigint) => string): Spelling {
  return ({ value, mask }) => {
    const length = mask === undefined ? "" : `/${mask.toString(2).replaceAll("0", "").length}`;
    return `${format(value)}${length}`;
  };
}

function vlan(match: FieldMatch): string {
  if (match.mask !== undefined) return `vlan_tci=${bits(match)}`;
  return `dl_vlan=${match.value & ~TAG_PRESENT}`;
}

function fragment({ value, mask }: FieldMatch): string {
  return FRAGMENTS[mask === undefined ? value.toString() : `${value}/${mask}`]!;
}

function flags({ value, mask }: FieldMatch): string {
  const asked = TCP_FLAGS.map((name, bit) => ({ name, bit: 1n << BigInt(bit) }));
  return asked
    .filter(({ bit }) => ((mask ?? value) & bit) !== 0n)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, bit }) => `${(value & bit) !== 0n ? "+" : "-"}${name}`)
    .join("");
}

type Spelling = (match: FieldMatch) => string;

/**
 * How ovs-ofctl prints each field: its name, and its value. EtherType and protocol are printed as one keyword if there
 * is one.
 */
const SPELLINGS: Record<Field, readonly [name: string, value: Spelling]> = {
  in_port: ["in_port", number],
  eth_src: ["dl_src", mac],
  eth_dst: ["dl_dst", mac],
  eth_type: ["dl_type", bits],
  vlan_vid: ["", vlan],
  ip_proto: ["nw_proto", number],
  ip_frag: ["nw_frag", fragment],
  nw_src: ["nw_src", address(formatIpv4)],
  nw_dst: ["nw_dst", address(formatIpv4)],
  arp_spa: ["arp_spa", address(formatIpv4)],
  arp_tpa: ["arp_tpa", address(formatIpv4)],
  ipv6_src: ["ipv6_src", address(formatIpv6)],
  ipv6_dst: ["ipv6_dst", address(formatIpv6)],
  tcp_src: ["tp_src", number],
  tcp_dst: ["tp_dst", number],
  udp_src: ["tp_src", number],
  udp_dst: ["tp_dst", number],
  sctp_src: ["tp_src", number],
  sctp_dst: ["tp_dst", number],
  tcp_flags: ["tcp_flags", flags],
  tun_id: ["tun_id", bits],
  tun_src: ["tun_src", address(formatIpv4)],
  tun_dst: ["tun_dst", address(formatIpv4)],
  tun_ipv6_src: ["tun_ipv6_src", address(formatIpv6)],
  tun_ipv6_dst: ["tun_ipv6_dst", address(formatIpv6)],
  tun_erspan_dir: ["tun_erspan_dir", number],
  reg0: ["reg0", bits],
  reg1: ["reg1", bits],
  reg2: ["reg2", bits],
  reg3: ["reg3", bits],
};

/** A field's value in ovs-ofctl's notation. */
export function valueText(match: FieldMatch): string {
  return SPELLINGS[match.field][1](match);
}

/** The keyword for EtherType and protocol, and the fields that it stands for. */
function keyword(match: readonly FieldMatch[]): { words: string[]; said: readonly Field[] } {
  const exact = (field: Field) => match.find((one) => one.field === field && one.mask === undefined)?.value;
  const type = exact("eth_type");
  const plain = PLAIN_TYPES.get(type);
  if (plain !== undefined) return { words: [plain], said: ["eth_type"] };
  const family = type === ETHER_TYPES.ipv4 ? "ipv4" : type === ETHER_TYPES.ipv6 ? "ipv6" : undefined;
  if (family === undefined) return { words: [], said: [] };
  const word = PROTOCOLS[family][String(exact("ip_proto"))];
  if (word !== undefined) return { words: [word], said: ["eth_type", "ip_proto"] };
  return { words: [family === "ipv4" ? "ip" : "ipv6"], said: ["eth_type"] };
}

/**
 * A match as ovs-ofctl prints it: the protocol first, then the fields by name. The same match occurs in every
 * rendering.
 */
export const matchText = memo((match: readonly FieldMatch[]): readonly string[] => {
  const { words, said } = keyword(match);
  const others = match.filter(({ field }) => !said.includes(field));
  const fields = others.map((one) => {
    const [name, spell] = SPELLINGS[one.field];
    return name === "" ? spell(one) : `${name}=${spell(one)}`;
  });
  return [...words, ...fields.sort()];
});
