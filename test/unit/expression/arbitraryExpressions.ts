import fc from "fast-check";
import { IPV4, IPV6, MACS, PORTS, VLANS } from "../filter/pools";

/** Random expressions about the values that random frames are made of, in all the forms that filters have. */

const end = fc.constantFrom("", "src ", "dst ", "src or dst ", "src and dst ", "dst and src ");
const port = fc.oneof(fc.constantFrom(...PORTS), fc.nat(65535)).map(String);
const address4 = fc.constantFrom(...IPV4);
const address6 = fc
  .constantFrom(...IPV6)
  .map((groups) => groups.map((group) => group.toString(16)).join(":"));
const net4 = fc.oneof(
  fc.constantFrom("10", "10.0", "192.0.2", "10.0.0.0/24", "10.0.0.0/31", "0.0.0.0/1", "0.0.0.0/0", "10.1/16"),
  address4.map((address) => `${address}/32`),
);
const net6 = fc.oneof(
  fc.constantFrom("2001:db8::/32", "fe80::/10", "::/0", "::/96", "2001:db8::/112"),
  address6,
);
const mac = fc.constantFrom(...MACS, "2-0-0-0-0-1", "0200.0000.0002");

/** Values of one kind that follow their words: one, or several that share these. */
const listOf = (value: fc.Arbitrary<string>) =>
  fc.oneof(
    { arbitrary: value, weight: 3 },
    {
      arbitrary: fc
        .tuple(value, fc.constantFrom(" or ", " and ", " || ", " && not ", " or not "), value)
        .chain(([one, operator, other]) =>
          fc.constantFrom(`${one}${operator}${other}`, `(${one}${operator}${other})`),
        ),
      weight: 1,
    },
  );
const worded = (words: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc.tuple(words, listOf(value)).map(([before, values]) => `${before}${values}`);
const words = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(""));

const flag = fc.constantFrom(
  "tcp-syn",
  "tcp-ack",
  "tcp-fin",
  "(tcp-syn|tcp-ack)",
  "0x3f",
  "tcp-push|tcp-rst",
);
const flags = fc.oneof(
  fc
    .tuple(flag, fc.constantFrom("!=", "=", "=="))
    .map(([mask, operator]) => `tcp[tcpflags] & (${mask}) ${operator} 0`),
  fc.constantFrom(
    "(tcp[13] & (tcp-syn|tcp-ack)) = tcp-syn",
    "tcp[tcpflags] == tcp-syn",
    "tcp[13] != 16",
    "tcp[tcpflags] & 0x12 != 2",
    "2 = tcp[13:1] & 2",
  ),
);

const primitive = fc.oneof(
  fc.constantFrom("ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "esp"),
  worded(words(fc.constantFrom("", "ip ", "arp "), end, fc.constant("host ")), address4),
  worded(words(fc.constantFrom("", "ip6 "), end, fc.constant("host ")), address6),
  worded(fc.constantFrom("src ", "dst "), address4),
  worded(words(fc.constantFrom("", "ip ", "arp "), end, fc.constant("net ")), net4),
  worded(words(fc.constantFrom("", "ip6 "), end, fc.constant("net ")), net6),
  worded(words(fc.constantFrom("", "tcp ", "udp ", "sctp "), end, fc.constant("port ")), port),
  worded(
    words(fc.constantFrom("", "tcp ", "udp "), end, fc.constant("portrange ")),
    fc.tuple(port, port).map(([one, other]) => `${one}-${other}`),
  ),
  worded(
    fc.constantFrom("proto ", "ip proto "),
    fc.constantFrom("1", "2", "6", "0x11", "47", "\\tcp", "\\udp"),
  ),
  worded(fc.constant("ip6 proto "), fc.constantFrom("6", "17", "58", "50", "\\tcp")),
  worded(
    words(fc.constant("ether "), end, fc.constantFrom("host ", "")).filter((text) => text !== "ether "),
    mac,
  ),
  worded(fc.constant("ether proto "), fc.constantFrom("0x88cc", "0x0800", "\\ip6", "\\arp", "0x8847")),
  flags,
);

const { boolean: tree } = fc.letrec<{ boolean: string }>((tie) => ({
  boolean: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    primitive,
    tie("boolean").map((inner) => `not (${inner})`),
    tie("boolean").map((inner) => `! (${inner})`),
    primitive.map((inner) => `not ${inner}`),
    fc
      .tuple(tie("boolean"), fc.constantFrom("and", "or", "&&", "||"), tie("boolean"), fc.nat(2))
      .map(([one, operator, other, form]) => `${one} ${operator} ${form === 0 ? other : `(${other})`}`),
  ),
}));

const vlan = fc.constantFrom("vlan", ...VLANS.map((id) => `vlan ${id}`));

/** An expression. Behind `vlan` libpcap reads untagged frames at the wrong place: there, `vlan` is asked for first. */
export const arbitraryExpression: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: tree, weight: 6 },
  { arbitrary: fc.tuple(vlan, tree).map(([tag, inner]) => `${tag} and (${inner})`), weight: 2 },
  {
    arbitrary: fc.tuple(tree, vlan, tree).map(([one, tag, other]) => `(${one}) or (${tag} and (${other}))`),
    weight: 1,
  },
  { arbitrary: fc.tuple(tree, vlan).map(([one, tag]) => `(${one}) and not ${tag}`), weight: 1 },
);
