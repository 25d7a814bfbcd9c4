import { expect } from "chai";
import fc from "fast-check";
import { type CompileOptions, compileFilter, type FilterFlow } from "../../../provider/model/filter/compile";
import { filterOf } from "../../../provider/model/filter/filterOf";
import { matchText } from "../../../provider/model/matchText";
import { canonicalMatch } from "../../../provider/ovs/matchFields";
import { type FilterAction, type FilterRule, filterRules } from "../../../provider/schema/filter";
import { arbitraryRules } from "./arbitraryRules";

type Given = Record<string, unknown>;

const KEEP: CompileOptions = { vlan: { kind: "keep" } };
const STRIP: CompileOptions = { vlan: { kind: "strip" } };
const NATIVE: CompileOptions = { vlan: { kind: "native", vlan: 10 } };

function rules(...given: Given[]): FilterRule[] {
  return filterRules.parse(given.map((fields) => ({ action: "accept", ...fields })));
}

/** The rules of a filter as a flow has it. */
function compiled(filter: FilterRule[], defaultAction?: FilterAction, options = KEEP): FilterFlow[] {
  return compileFilter(filterOf({ filter, defaultAction }), options);
}

/** The matches of one rule. */
function matches(fields: Given, options: CompileOptions = KEEP): string[] {
  const flows = compiled(rules(fields), "reject", options);
  return flows.filter(({ ruleIndex }) => ruleIndex === 0).map(({ match }) => matchText(match).join(","));
}

describe("compileFilter", () => {
  const table: [title: string, fields: Given, expected: string[]][] = [
    ["everything", {}, [""]],
    ["an EtherType", { etherType: 0x88cc }, ["dl_type=0x88cc"]],
    [
      "ARP of a station",
      { etherType: "arp", sourceMac: "02:00:00:00:00:01" },
      ["arp,dl_src=02:00:00:00:00:01"],
    ],
    [
      "ARP by its addresses",
      { etherType: "arp", source: "10.0.0.1", destination: "10.0.0.0/8" },
      ["arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8"],
    ],
    ["IPv4", { etherType: "ipv4" }, ["ip"]],
    ["a prefix", { source: "10.0.0.0/8" }, ["ip,nw_src=10.0.0.0/8"]],
    ["all of IPv4", { source: "0.0.0.0/0" }, ["ip"]],
    ["an IPv6 prefix", { destination: "2001:db8::/32" }, ["ipv6,ipv6_dst=2001:db8::/32"]],
    ["TCP in both IP versions", { protocol: "tcp" }, ["tcp", "tcp6"]],
    ["TCP in the version of the address", { protocol: "tcp", source: "10.0.0.1" }, ["tcp,nw_src=10.0.0.1"]],
    ["ICMP", { protocol: "icmp" }, ["icmp"]],
    ["ICMPv6", { protocol: "icmpv6" }, ["icmp6"]],
    ["a protocol by number", { protocol: 47 }, ["ip,nw_proto=47", "ipv6,nw_proto=47"]],
    ["a number of ICMP in either version", { protocol: 1 }, ["icmp", "ipv6,nw_proto=1"]],
    ["a port", { protocol: "udp", etherType: "ipv4", destinationPort: 53 }, ["udp,tp_dst=53"]],
    [
      "ports from 0, which fragments without ports seem to have",
      { protocol: "udp", etherType: "ipv4", destinationPort: "0-1" },
      ["nw_frag=not_later,tp_dst=0x0/0xfffe,udp"],
    ],
    [
      "all ports",
      { protocol: "udp", etherType: "ipv4", destinationPort: "0-65535" },
      ["nw_frag=not_later,udp"],
    ],
    [
      "the product of two ranges",
      { protocol: "sctp", etherType: "ipv6", sourcePort: "1-2", destinationPort: "1-2" },
      [
        "sctp6,tp_dst=1,tp_src=1",
        "sctp6,tp_dst=2,tp_src=1",
        "sctp6,tp_dst=1,tp_src=2",
        "sctp6,tp_dst=2,tp_src=2",
      ],
    ],
    ["set flags", { protocol: "tcp", etherType: "ipv4", tcpFlags: "syn,ack" }, ["tcp,tcp_flags=+ack+syn"]],
    [
      "clear flags, which later fragments seem to have",
      { protocol: "tcp", etherType: "ipv4", tcpFlags: "-syn" },
      ["nw_frag=not_later,tcp,tcp_flags=-syn"],
    ],
    [
      "a port from 0 with a set flag",
      { protocol: "tcp", etherType: "ipv4", tcpFlags: "syn", sourcePort: 0 },
      ["tcp,tcp_flags=+syn,tp_src=0"],
    ],
    [
      "any fragment that has ports",
      { protocol: "tcp", etherType: "ipv4", sourcePort: 1, fragment: "any" },
      ["nw_frag=first,tcp,tp_src=1"],
    ],
    ["fragments", { fragment: "any" }, ["ip,nw_frag=yes", "ipv6,nw_frag=yes"]],
    ["whole packets", { fragment: "none", etherType: "ipv4" }, ["ip,nw_frag=no"]],
    ["first fragments", { fragment: "first", etherType: "ipv6" }, ["ipv6,nw_frag=first"]],
    [
      "later fragments of a protocol, which IPv6 does not tell",
      { fragment: "later", protocol: "udp" },
      ["nw_frag=later,udp"],
    ],
    ["later fragments of all protocols", { fragment: "later" }, ["ip,nw_frag=later", "ipv6,nw_frag=later"]],
  ];
  for (const [title, fields, expected] of table) {
    it(`matches ${title}`, () => {
      expect(matches(fields).map((match) => canonicalMatch(match.split(",")))).to.deep.equal(
        expected.map((match) => canonicalMatch(match.split(","))),
      );
    });
  }

  const tags: [title: string, vlan: unknown, options: CompileOptions, expected: string[]][] = [
    ["a tagged frame of a trunk", 100, KEEP, ["dl_vlan=100"]],
    ["an untagged frame of a trunk", "untagged", KEEP, ["vlan_tci=0x0/0x1000"]],
    ["a tag without a VLAN", 0, KEEP, ["dl_vlan=0"]],
    ["nothing by a tag of an access port", 7, STRIP, []],
    ["every frame of an access port as untagged", "untagged", STRIP, [""]],
    ["a frame of the native VLAN as untagged", "untagged", NATIVE, ["dl_vlan=10"]],
    ["a tagged frame beside the native VLAN", 100, NATIVE, ["dl_vlan=100"]],
    ["nothing by the tag of the native VLAN", 10, NATIVE, []],
    [
      "what native VLAN 0 leaves untagged",
      "untagged",
      { vlan: { kind: "native", vlan: 0 } },
      ["vlan_tci=0x0/0xfff"],
    ],
  ];
  for (const [title, vlan, options, expected] of tags) {
    it(`matches ${title}`, () => expect(matches({ vlan }, options)).to.deep.equal(expected));
  }

  it("gives each rule one priority, the highest to the first and none to the default", () => {
    const flows = compiled(rules({ protocol: "tcp" }, { action: "reject" }, { vlan: 3 }), undefined, STRIP);
    const seen = flows.map(({ priority, verdict, ruleIndex }) => [priority, verdict, ruleIndex]);
    expect(seen).to.deep.equal([
      [65000, "accept", 0],
      [65000, "accept", 0],
      [64999, "reject", 1],
      [0, "reject", "default"],
    ]);
  });

  it("accepts by default what no rule matches, and rejects what rules leave over", () => {
    const verdict = (flows: FilterFlow[]) => flows.at(-1)?.verdict;
    expect(verdict(compiled([]))).to.equal("accept");
    expect(verdict(compiled(rules({})))).to.equal("reject");
    expect(verdict(compiled(rules({}), "accept"))).to.equal("accept");
    expect(verdict(compiled([], "reject"))).to.equal("reject");
  });

  it("omits rules of the other direction and keeps the priorities of the rest", () => {
    const filter = rules({ direction: "ingress", snapLength: 64 }, { direction: "egress" }, {});
    const brief = (options: CompileOptions) =>
      compiled(filter, undefined, options).map(({ priority, direction, snapLength }) => [
        priority,
        direction,
        snapLength,
      ]);
    expect(brief(KEEP)).to.deep.equal([
      [65000, "ingress", 64],
      [64999, "egress", undefined],
      [64998, undefined, undefined],
      [0, undefined, undefined],
    ]);
    expect(brief({ ...KEEP, direction: "egress" })).to.deep.equal([
      [64999, "egress", undefined],
      [64998, undefined, undefined],
      [0, undefined, undefined],
    ]);
  });

  it("never gives two flows of one priority the same match", () => {
    fc.assert(
      fc.property(arbitraryRules, (filter) => {
        const keys = compiled(filter).map(({ priority, match }) => `${priority} ${matchText(match)}`);
        expect(new Set(keys).size).to.equal(keys.length);
      }),
    );
  });

  it("compiles a thousand rules with ranges", () => {
    const filter = rules(
      ...Array.from({ length: 1000 }, (_, index) => ({
        protocol: "tcp",
        source: `10.0.${index >> 8}.${index & 255}`,
        destinationPort: "8000-8999",
      })),
    );
    expect(compiled(filter)).to.have.lengthOf(6001);
  });

  it("refuses more rules than there are priorities", () => {
    const [rule] = rules({});
    expect(() => compiled(Array(65_001).fill(rule))).to.throw(RangeError);
    expect(compiled(Array(65_000).fill(rule)).at(-2)?.priority).to.equal(1);
  });
});
