/** Names of fields that ovs-ofctl accepts, with the name that it prints (ovs-fields(7)). */
const PRINTED_NAMES: Record<string, string> = {
  eth_src: "dl_src",
  eth_dst: "dl_dst",
  eth_type: "dl_type",
  ip_proto: "nw_proto",
  ip_src: "nw_src",
  ip_dst: "nw_dst",
  ip_frag: "nw_frag",
  tcp_src: "tp_src",
  tcp_dst: "tp_dst",
  udp_src: "tp_src",
  udp_dst: "tp_dst",
  sctp_src: "tp_src",
  sctp_dst: "tp_dst",
  icmpv4_type: "icmp_type",
  icmpv4_code: "icmp_code",
  icmpv6_type: "icmp_type",
  icmpv6_code: "icmp_code",
  tunnel_id: "tun_id",
};

/** Protocol keywords, with the `dl_type` and `nw_proto` that they stand for. */
const KEYWORDS: Readonly<Record<string, { dl_type: string; nw_proto?: string }>> = {
  tcp: { dl_type: "0x800", nw_proto: "6" },
  udp: { dl_type: "0x800", nw_proto: "17" },
  sctp: { dl_type: "0x800", nw_proto: "132" },
  icmp: { dl_type: "0x800", nw_proto: "1" },
  tcp6: { dl_type: "0x86dd", nw_proto: "6" },
  udp6: { dl_type: "0x86dd", nw_proto: "17" },
  sctp6: { dl_type: "0x86dd", nw_proto: "132" },
  icmp6: { dl_type: "0x86dd", nw_proto: "58" },
  ip: { dl_type: "0x800" },
  ipv6: { dl_type: "0x86dd" },
  arp: { dl_type: "0x806" },
  rarp: { dl_type: "0x8035" },
  mpls: { dl_type: "0x8847" },
  mplsm: { dl_type: "0x8848" },
};

/** Fields whose value is a set of bits rather than a number, and is therefore written in hexadecimal. */
const BITS = /^(dl_type|tun_id|metadata|pkt_mark|ct_mark|vlan_tci|vlan_vid|x*reg\d+)$/;
/** At most 128 bits, the size of an xxreg. */
const NUMBER = /^(0x[0-9a-f]{1,32}|\d{1,39})$/;
const FLAGS = /^([+-][a-z]+)+$/;

/**
 * The canonical form of a match: printed names, the protocol keyword first, then fields by name, each number in one
 * notation. Two texts of one match have the same form, provided that the host bits of addresses are clear. ovs-ofctl
 * accepts the form as it is.
 */
export function canonicalMatch(tokens: readonly string[]): string {
  const fields = new Map<string, string>();
  const bare = new Set<string>();
  for (const token of tokens) {
    const equals = token.indexOf("=");
    const keyword = Object.hasOwn(KEYWORDS, token) ? KEYWORDS[token] : undefined;
    if (keyword !== undefined) {
      for (const [name, value] of Object.entries(keyword)) fields.set(name, value);
    } else if (equals < 0) {
      bare.add(token);
    } else {
      const given = token.slice(0, equals).toLowerCase();
      const name = Object.hasOwn(PRINTED_NAMES, given) ? PRINTED_NAMES[given]! : given;
      const [printedName, value] = vlanOf(name, canonicalValue(name, token.slice(equals + 1)));
      fields.set(printedName, value);
    }
  }
  foldProtocol(fields, bare);
  const assignments = [...fields].map(([name, value]) => `${name}=${value}`);
  return [...[...bare].sort(), ...assignments.sort()].join(",");
}

function foldProtocol(fields: Map<string, string>, bare: Set<string>): void {
  for (const [keyword, { dl_type, nw_proto }] of Object.entries(KEYWORDS)) {
    if (fields.get("dl_type") !== dl_type) continue;
    if (nw_proto !== undefined && fields.get("nw_proto") !== nw_proto) continue;
    bare.add(keyword);
    fields.delete("dl_type");
    if (nw_proto !== undefined) fields.delete("nw_proto");
    return;
  }
}

/** ovs-ofctl prints an exact match on a VLAN id that is present as `dl_vlan`. */
function vlanOf(name: string, value: string): [name: string, value: string] {
  const id = name === "vlan_vid" ? /^0x1([0-9a-f]{3})\/0x1fff$/.exec(value)?.[1] : undefined;
  return id === undefined ? [name, value] : ["dl_vlan", String(Number.parseInt(id, 16))];
}

function canonicalValue(name: string, text: string): string {
  const lower = name === "in_port" ? text : text.toLowerCase();
  if (FLAGS.test(lower)) return sortedFlags(lower);
  const slash = lower.indexOf("/");
  if (slash < 0) return NUMBER.test(lower) ? canonicalNumber(name, lower) : lower;
  const value = lower.slice(0, slash);
  const mask = lower.slice(slash + 1);
  if (NUMBER.test(value) && NUMBER.test(mask)) return `${hexadecimal(value)}/${hexadecimal(mask)}`;
  return withPrefixLength(value, mask);
}

function canonicalNumber(name: string, text: string): string {
  return BITS.test(name) ? hexadecimal(text) : BigInt(text).toString();
}

function hexadecimal(text: string): string {
  return `0x${BigInt(text).toString(16)}`;
}

function sortedFlags(text: string): string {
  const flags = text.match(/[+-][a-z]+/g) ?? [];
  return flags.sort((a, b) => (a.slice(1) < b.slice(1) ? -1 : 1)).join("");
}

function withPrefixLength(address: string, mask: string): string {
  const length = /^\d+\.\d+\.\d+\.\d+$/.test(mask) ? prefixLength(mask) : mask;
  const isWhole = address.includes(".")
    ? length === "32"
    : mask === "ff:ff:ff:ff:ff:ff" || (length === "128" && address.includes(":"));
  return isWhole ? address : `${address}/${length}`;
}

/** The length of a dotted mask, or the mask itself if its one bits are not contiguous from the left. */
function prefixLength(mask: string): string {
  const bits = mask
    .split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) && bits.length === 32
    ? String(bits.indexOf("0") < 0 ? 32 : bits.indexOf("0"))
    : mask;
}
