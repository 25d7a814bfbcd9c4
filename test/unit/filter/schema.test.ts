import { expect } from "chai";
import { filterRules } from "../../../provider/schema/filter";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { validate } from "../../../provider/schema/validate";

type Given = Record<string, unknown>;

/** The reasons for which a filter with this rule as its number 3 is refused. */
function refusals(rule: unknown): string[] {
  const filter = [...Array<Given>(3).fill({ action: "accept" }), rule];
  return validate({ filter: filterRules }, { filter }).failures.map(({ reason }) => reason);
}

const accept = (fields: Given): Given => ({ action: "accept", ...fields });

describe("a filter rule", () => {
  const accepted: [title: string, rule: Given][] = [
    ["an action alone", {}],
    ["the least and the most", { snapLength: 14, vlan: 4095, etherType: 0xffff }],
    ["zeros", { vlan: 0, protocol: "tcp", sourcePort: 0 }],
    ["frames without an EtherType", { etherType: 0x05ff, snapLength: 65535 }],
    ["all ports", { protocol: "tcp", sourcePort: "0-65535", fragment: "first" }],
    ["later fragments of a protocol", { protocol: "udp", fragment: "later" }],
    ["later IPv6 fragments by their protocol", { protocol: 44, etherType: "ipv6", fragment: "later" }],
    ["untagged frames of a MAC address", { vlan: "untagged", destinationMac: "ff:ff:ff:ff:ff:ff" }],
    ["ARP by MAC address", { etherType: "arp", sourceMac: "02:00:00:00:00:01" }],
    ["ARP by its addresses", { etherType: "arp", source: "192.0.2.1", destination: "192.0.2.0/24" }],
  ];
  for (const [title, fields] of accepted) {
    it(`may name ${title}`, () => {
      expect(refusals(accept(fields))).to.deep.equal([]);
    });
  }

  const refused: [title: string, rule: Given, reasons: [field: string, reason: RegExp][]][] = [
    ["without an action", { protocol: "tcp" }, [["action", /must be "accept" or "reject"/]]],
    ["with another action", { action: "drop" }, [["action", /must be "accept" or "reject".*got "drop"/]]],
    ["with another direction", accept({ direction: "both" }), [["direction", /"ingress" or "egress"/]]],
    [
      "with ports and ICMP",
      accept({ protocol: "icmp", sourcePort: 1 }),
      [["sourcePort", /icmp has no ports/]],
    ],
    [
      "with ports and ICMPv6",
      accept({ protocol: "icmpv6", destinationPort: 1 }),
      [["destinationPort", /icmpv6 has no ports/]],
    ],
    [
      "with ports and a protocol that has none",
      accept({ protocol: 47, destinationPort: 1 }),
      [["destinationPort", /47 has no ports/]],
    ],
    [
      "with ports and no protocol",
      accept({ sourcePort: 1 }),
      [["sourcePort", /needs protocol "tcp", "udp" or "sctp": add one/]],
    ],
    [
      "with addresses of two families",
      accept({ source: "192.0.2.1", destination: "2001:db8::/32" }),
      [["destination", /is IPv6, but source 192\.0\.2\.1 is IPv4/]],
    ],
    [
      "with an IPv4 address in IPv6",
      accept({ etherType: "ipv6", source: "192.0.2.1" }),
      [["source", /is IPv4, but etherType ipv6/]],
    ],
    [
      "with an IPv6 address in IPv4",
      accept({ etherType: "ipv4", destination: "::1" }),
      [["destination", /is IPv6, but etherType ipv4/]],
    ],
    [
      "with an IPv6 address in ARP",
      accept({ etherType: "arp", destination: "2001:db8::/32" }),
      [["destination", /is IPv6, and ARP has IPv4 addresses only/]],
    ],
    [
      "with an address in LLDP",
      accept({ etherType: 0x88cc, source: "192.0.2.1" }),
      [["source", /etherType is 0x88cc/]],
    ],
    [
      "with a protocol in ARP",
      accept({ etherType: "arp", protocol: "udp" }),
      [["protocol", /etherType is arp/]],
    ],
    [
      "with fragments of ARP",
      accept({ etherType: "arp", fragment: "any" }),
      [["fragment", /etherType is arp/]],
    ],
    [
      "with ICMP in IPv6",
      accept({ etherType: "ipv6", protocol: "icmp" }),
      [["protocol", /is IPv4, but etherType ipv6/]],
    ],
    [
      "with ICMPv6 in IPv4",
      accept({ protocol: "icmpv6", source: "192.0.2.1" }),
      [["source", /is IPv4, but protocol icmpv6/]],
    ],
    [
      "with a reversed range",
      accept({ protocol: "tcp", sourcePort: "90-80" }),
      [["sourcePort", /is reversed: write "80-90"/]],
    ],
    [
      "with a port beyond 65535",
      accept({ protocol: "tcp", sourcePort: 65536 }),
      [["sourcePort", /0 to 65535/]],
    ],
    [
      "with a range beyond 65535",
      accept({ protocol: "tcp", sourcePort: "1-70000" }),
      [["sourcePort", /0 to 65535/]],
    ],
    ["with a negative port", accept({ protocol: "tcp", sourcePort: -1 }), [["sourcePort", /0 to 65535/]]],
    ["with half a port", accept({ protocol: "tcp", sourcePort: 1.5 }), [["sourcePort", /whole number/]]],
    [
      "with ports in words",
      accept({ protocol: "tcp", sourcePort: "https" }),
      [["sourcePort", /such as 443/]],
    ],
    [
      "with an unknown TCP flag",
      accept({ protocol: "tcp", tcpFlags: "syn,fun" }),
      [["tcpFlags", /no flag fun/]],
    ],
    ["with no TCP flag", accept({ protocol: "tcp", tcpFlags: "" }), [["tcpFlags", /must name TCP flags/]]],
    [
      "with flags as ovs-ofctl masks them",
      accept({ protocol: "tcp", tcpFlags: "0x2/0x12" }),
      [["tcpFlags", /must name TCP flags/]],
    ],
    [
      "with a flag set and clear",
      accept({ protocol: "tcp", tcpFlags: "+syn-syn" }),
      [["tcpFlags", /both set and clear/]],
    ],
    [
      "with TCP flags in UDP",
      accept({ protocol: "udp", tcpFlags: "syn" }),
      [["tcpFlags", /udp has no TCP flags/]],
    ],
    [
      "with TCP flags and no protocol",
      accept({ tcpFlags: "syn" }),
      [["tcpFlags", /needs protocol "tcp": add it/]],
    ],
    [
      "with host bits beyond the prefix",
      accept({ source: "10.0.0.5/24" }),
      [["source", /write 10\.0\.0\.0\/24 for the network or 10\.0\.0\.5 for the one address/]],
    ],
    ["with host bits in IPv6", accept({ source: "2001:db8::5/64" }), [["source", /write 2001:db8::\/64/]]],
    ["with too long a prefix", accept({ source: "10.0.0.0/33" }), [["source", /0 to 32/]]],
    ["with too long a prefix of IPv6", accept({ source: "::/129" }), [["source", /0 to 128/]]],
    ["with an empty prefix length", accept({ source: "10.0.0.0/" }), [["source", /0 to 32/]]],
    ["with a dotted mask", accept({ source: "10.0.0.0/255.0.0.0" }), [["source", /0 to 32/]]],
    ["with a zone", accept({ source: "fe80::1%eth0" }), [["source", /address or CIDR/]]],
    ["with a name for an address", accept({ source: "db.example.org" }), [["source", /address or CIDR/]]],
    ["with a number for an address", accept({ source: 10 }), [["source", /address or CIDR/]]],
    ["with two slashes", accept({ source: "10.0.0.0/8/8" }), [["source", /address or CIDR/]]],
    [
      "with ports of later fragments",
      accept({ protocol: "udp", fragment: "later", sourcePort: 1 }),
      [["sourcePort", /only the first fragment/]],
    ],
    [
      "with flags of later fragments",
      accept({ protocol: "tcp", fragment: "later", tcpFlags: "syn" }),
      [["tcpFlags", /only the first fragment/]],
    ],
    [
      "with a protocol of later IPv6 fragments",
      accept({ protocol: "udp", fragment: "later", source: "::1" }),
      [["protocol", /protocol 44/]],
    ],
    [
      "with an unknown kind of fragment",
      accept({ fragment: "last" }),
      [["fragment", /"first", "later", "any" or "none"/]],
    ],
    [
      "with a snap length below an Ethernet header",
      accept({ snapLength: 13 }),
      [["snapLength", /at least 14 bytes/]],
    ],
    [
      "with a snap length beyond any frame",
      accept({ snapLength: 65536 }),
      [["snapLength", /at most 65535 bytes/]],
    ],
    [
      "with a snap length for what is not sent",
      { action: "reject", snapLength: 64 },
      [["snapLength", /nothing is sent/]],
    ],
    ["with a VLAN beyond 4095", accept({ vlan: 4096 }), [["vlan", /0 to 4095/]]],
    ["with a negative VLAN", accept({ vlan: -1 }), [["vlan", /0 to 4095/]]],
    ["with a VLAN in text", accept({ vlan: "100" }), [["vlan", /or "untagged"/]]],
    ["with half a MAC address", accept({ sourceMac: "02:00:00" }), [["sourceMac", /MAC address/]]],
    ["with a length for an EtherType", accept({ etherType: 0x05dc }), [["etherType", /0x0600/]]],
    ["with an unknown EtherType in words", accept({ etherType: "lldp" }), [["etherType", /0x88cc/]]],
    ["with a protocol beyond 255", accept({ protocol: 256 }), [["protocol", /0 to 255/]]],
    [
      "with a protocol named after an object's own",
      accept({ protocol: "constructor" }),
      [["protocol", /0 to 255/]],
    ],
    [
      "with all that is wrong at once",
      accept({ protocol: "icmp", etherType: "ipv6", sourcePort: 1 }),
      [
        ["protocol", /IPv4/],
        ["sourcePort", /no ports/],
      ],
    ],
  ];
  for (const [title, rule, reasons] of refused) {
    it(`is refused ${title}, with its number and field`, () => {
      const found = refusals(rule);
      expect(found).to.have.lengthOf(reasons.length);
      for (const [index, [field, reason]] of reasons.entries()) {
        expect(found[index])
          .to.match(new RegExp(`^filter\\[3\\]\\.${field}: `))
          .and.to.match(reason);
      }
    });
  }

  it("is refused with an unknown field, with its number", () => {
    expect(refusals(accept({ port: 443 }))[0]).to.match(
      /^filter\[3\]: has no field "port"; the fields are action, .*sourcePort/,
    );
  });

  it("is refused if it is not an object, with its number", () => {
    for (const rule of ["tcp", 7, [], null])
      expect(refusals(rule)[0]).to.match(/^filter\[3\]: must be a rule, /);
  });
});

describe("a filter", () => {
  it("has a rule for each OpenFlow priority at most", () => {
    const many = Array<Given>(65_001).fill({ action: "accept" });
    expect(filterRules.safeParse(many.slice(1)).success).to.equal(true);
    expect(validate({ filter: filterRules }, { filter: many }).failures[0]?.reason).to.match(
      /at most 65000 rules/,
    );
  });

  it("is refused if it is not a list", () => {
    expect(validate({ filter: filterRules }, { filter: { action: "accept" } }).failures[0]?.reason).to.match(
      /list of rules/,
    );
  });

  it("has its known rules parsed and refused while others are not known yet", () => {
    const unknown = accept({ protocol: "tcp", destinationPort: UNKNOWN });
    const known = accept({ protocol: 6, source: "10.0.0.1/32" });
    const read = validate({ filter: filterRules.optional() }, { filter: [unknown, known] });
    expect(read.values.filter).to.deep.equal([unknown, accept({ protocol: "tcp", source: "10.0.0.1" })]);
    const refused = validate(
      { filter: filterRules },
      { filter: [unknown, accept({ source: "10.0.0.1/8" })] },
    );
    expect(refused.failures[0]?.reason).to.match(/^filter\[1\]\.source: has bits set/);
  });
});
