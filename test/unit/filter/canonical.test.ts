import { expect } from "chai";
import fc from "fast-check";
import { filterRule } from "../../../provider/schema/filter";
import { arbitraryRule } from "./arbitraryRules";

type Given = Record<string, unknown>;

const accept = (fields: Given): Given => ({ action: "accept", ...fields });

describe("a canonical filter rule", () => {
  const canonical: [title: string, given: Given, expected: Given][] = [
    [
      "lower-case MAC addresses with colons",
      { sourceMac: "FA-16-3E-00-00-0A" },
      { sourceMac: "fa:16:3e:00:00:0a" },
    ],
    [
      "a number for a port in text",
      { protocol: "udp", sourcePort: " 53 " },
      { protocol: "udp", sourcePort: 53 },
    ],
    [
      "a number for a range of one port",
      { protocol: "tcp", sourcePort: "22-22" },
      { protocol: "tcp", sourcePort: 22 },
    ],
    [
      "a range without blanks",
      { protocol: "sctp", destinationPort: "080 - 90" },
      { protocol: "sctp", destinationPort: "80-90" },
    ],
    ["a plain address for a whole prefix", { source: "192.0.2.1/32" }, { source: "192.0.2.1" }],
    [
      "IPv6 addresses as RFC 5952 has them",
      { source: "2001:DB8:0:0:1:0:0:0/80" },
      { source: "2001:db8:0:0:1::/80" },
    ],
    [
      "the first of two longest runs of zeros as ::",
      { source: "2001:0:0:1:0:0:2:3" },
      { source: "2001::1:0:0:2:3" },
    ],
    ["no :: for one zero", { source: "2001:db8:0:1:1:1:1:1" }, { source: "2001:db8:0:1:1:1:1:1" }],
    ["mapped addresses with dots", { source: "::ffff:a00:0/104" }, { source: "::ffff:10.0.0.0/104" }],
    ["an address in text with dots", { source: "::10.0.0.1/128" }, { source: "::10.0.0.1" }],
    ["the whole of IPv6", { destination: "0::0/0" }, { destination: "::/0" }],
    ["names of EtherTypes", { etherType: 0x0800 }, { etherType: "ipv4" }],
    ["names of the port protocols", { protocol: 17 }, { protocol: "udp" }],
    ["the numbers of both kinds of ICMP, which say no IP version", { protocol: 1 }, { protocol: 1 }],
    [
      "flags with signs, in the header's order",
      { protocol: "tcp", tcpFlags: "ACK, syn" },
      { protocol: "tcp", tcpFlags: "+syn+ack" },
    ],
    ["one flag", { protocol: "tcp", tcpFlags: "syn" }, { protocol: "tcp", tcpFlags: "+syn" }],
    ["clear flags", { protocol: "tcp", tcpFlags: "-ack+syn" }, { protocol: "tcp", tcpFlags: "+syn-ack" }],
    [
      "a flag named twice once",
      { protocol: "tcp", tcpFlags: "syn,+syn" },
      { protocol: "tcp", tcpFlags: "+syn" },
    ],
  ];
  for (const [title, given, expected] of canonical) {
    it(`has ${title}`, () => {
      expect(filterRule.parse(accept(given))).to.deep.equal(accept(expected));
    });
  }

  it("is parsed as itself again", () => {
    fc.assert(
      fc.property(arbitraryRule, (rule) => {
        expect(filterRule.parse(JSON.parse(JSON.stringify(rule)))).to.deep.equal(rule);
      }),
    );
  });
});
