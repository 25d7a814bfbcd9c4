import fc from "fast-check";
import { type FilterRule, filterRule } from "../../../provider/schema/filter";
import { ETHER_TYPES, IPV4, IPV6, MACS, PORTS, PROTOCOLS, VLANS } from "./pools";

/** A prefix of an address of the pool. */
const cidr4 = fc
  .tuple(fc.constantFrom(...IPV4), fc.constantFrom(0, 1, 8, 15, 24, 25, 31, 32))
  .map(([address, length]) => {
    const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const network = Math.floor(value / 2 ** (32 - length)) * 2 ** (32 - length);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".")}/${length}`;
  });
const cidr6 = fc
  .tuple(fc.constantFrom(...IPV6), fc.constantFrom(0, 1, 32, 48, 64, 112, 128))
  .map(([groups, length]) => {
    const kept = groups.map((group, index) => {
      const bits = Math.min(16, Math.max(0, length - index * 16));
      return (group & (0xffff << (16 - bits)) & 0xffff).toString(16);
    });
    return `${kept.join(":")}/${length}`;
  });
const cidr = fc.oneof(cidr4, cidr6);

const ports = fc.oneof(
  fc.constantFrom(...PORTS),
  fc
    .tuple(fc.constantFrom(...PORTS), fc.constantFrom(...PORTS))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
);
const flags = fc
  .uniqueArray(fc.constantFrom("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((names) =>
    fc
      .array(fc.constantFrom("+", "-"), { minLength: names.length, maxLength: names.length })
      .map((signs) => names.map((name, index) => `${signs[index]}${name}`).join("")),
  );

const fields = {
  action: fc.constantFrom("accept" as const, "reject" as const),
  direction: fc.constantFrom("ingress" as const, "egress" as const),
  snapLength: fc.constantFrom(14, 34, 60),
  etherType: fc.constantFrom("ipv4" as const, "ipv6" as const, "arp" as const, ...ETHER_TYPES),
  protocol: fc.constantFrom("tcp", "udp", "sctp", "icmp", "icmpv6", ...PROTOCOLS),
  source: cidr,
  destination: cidr,
  sourcePort: ports,
  destinationPort: ports,
  sourceMac: fc.constantFrom(...MACS),
  destinationMac: fc.constantFrom(...MACS),
  vlan: fc.constantFrom("untagged" as const, ...VLANS),
  tcpFlags: flags,
  fragment: fc.constantFrom("first" as const, "later" as const, "any" as const, "none" as const),
};

/** Rules of some fields: each is there in half of them. */
const of = (...names: (keyof typeof fields)[]) =>
  fc.record(
    Object.fromEntries(
      ["action" as const, ...names].map((name) => [name, fields[name] as fc.Arbitrary<unknown>]),
    ),
    {
      requiredKeys: ["action"],
    },
  );

/** Mostly fields of one layer: a rule of all layers at once meets hardly any frame. */
const candidate: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  of("direction", "vlan", "etherType", "sourceMac", "destinationMac", "snapLength"),
  of("protocol", "source", "destination", "fragment"),
  of("source", "destination", "vlan").map((rule) => ({ ...rule, etherType: "arp" })),
  fc
    .tuple(
      fc.constantFrom("tcp", "tcp", "udp", "sctp"),
      of("sourcePort", "destinationPort", "tcpFlags", "fragment", "vlan"),
    )
    .map(([protocol, rule]) => ({ ...rule, protocol })),
  of(...(Object.keys(fields) as (keyof typeof fields)[])),
);

/** Fields that must go for the rest to be a rule: those that the schema complains of, one after the other. */
function mend(rule: Record<string, unknown>): FilterRule {
  const given = Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
  const result = filterRule.safeParse(given);
  if (result.success) return result.data;
  return mend({ ...given, [String(result.error.issues[0]!.path[0])]: undefined });
}

/** A valid rule in canonical form. */
export const arbitraryRule: fc.Arbitrary<FilterRule> = candidate.map(mend);

/** A filter of a few rules. */
export const arbitraryRules = fc.array(arbitraryRule, { minLength: 0, maxLength: 6 });
