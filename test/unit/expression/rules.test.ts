import { expect } from "chai";
import fc from "fast-check";
import { Allowance } from "../../../provider/allowance";
import { filterOf } from "../../../provider/model/filter/filterOf";
import { filterKey } from "../../../provider/model/filter/key";
import { ruleText } from "../../../provider/model/filter/text";
import { readExpression } from "../../../provider/schema/expression/expression";
import { parse } from "../../../provider/schema/expression/parse";
import type { Tree } from "../../../provider/schema/expression/tree";
import { within } from "../../../provider/schema/expression/work";
import { filterRule } from "../../../provider/schema/filter";
import { arbitraryExpression } from "./arbitraryExpressions";

/** What an expression comes to, a line a rule and the default last; without what says that a frame has no tag. */
function lines(expression: string): string[] {
  const { rules, defaultAction } = filterOf({ filter: expression });
  return [...rules.map((rule) => ruleText(rule).replace(",dl_vlan=untagged", "")), defaultAction];
}

const key = (expression: string) => filterKey(filterOf({ filter: expression }));

/** How many rules accept and reject where every term is written out, the end of a list counted. */
function expansion(tree: Tree): { accepts: number; rejects: number } {
  if (tree.kind === "term") return { accepts: tree.term.matches.length, rejects: tree.term.but.length + 1 };
  if (tree.kind === "not") {
    const { accepts, rejects } = expansion(tree.part);
    return { accepts: rejects, rejects: accepts };
  }
  return tree.parts
    .map(expansion)
    .reduce((a, b) =>
      tree.kind === "and"
        ? { accepts: a.accepts * b.accepts, rejects: a.rejects + a.accepts * b.rejects }
        : { accepts: a.accepts + a.rejects * b.accepts, rejects: a.rejects * b.rejects },
    );
}

/** How many rules accept in a list in which every way to match is one; undefined where the expression excludes something. */
function ways(tree: Tree): number | undefined {
  if (tree.kind === "not") return undefined;
  if (tree.kind === "term") return tree.term.but.length === 0 ? tree.term.matches.length : undefined;
  const parts = tree.parts.map(ways);
  return parts.reduce((a, b) => {
    if (a === undefined || b === undefined) return undefined;
    return tree.kind === "and" ? a * b : a + b;
  });
}

describe("an expression results in", () => {
  const table: [expression: string, lines: string[]][] = [
    ["ip", ["ip accept", "reject"]],
    ["ip6", ["ipv6 accept", "reject"]],
    ["arp", ["arp accept", "reject"]],
    ["tcp", ["tcp|tcp6 accept", "reject"]],
    ["icmp or icmp6", ["icmp accept", "icmp6 accept", "reject"]],
    ["proto 47", ["ip|ipv6,nw_proto=47 accept", "reject"]],
    ["ip proto \\udp", ["udp accept", "reject"]],
    ["ip6 proto 58", ["icmp6 accept", "reject"]],
    ["ether proto 0x88cc", ["dl_type=0x88cc accept", "reject"]],
    ["ether src 2:0:0:0:0:1", ["dl_src=02:00:00:00:00:01 accept", "reject"]],
    ["src host 10.0.0.1", ["ip,nw_src=10.0.0.1 accept", "arp,arp_spa=10.0.0.1 accept", "reject"]],
    ["ip src 10.0.0.1", ["ip,nw_src=10.0.0.1 accept", "reject"]],
    ["ip net 10.1", ["ip,nw_dst=10.1.0.0/16 accept", "ip,nw_src=10.1.0.0/16 accept", "reject"]],
    ["dst net 2001:db8::/32", ["ipv6,ipv6_dst=2001:db8::/32 accept", "reject"]],
    ["net 0.0.0.0/0", ["ip accept", "arp accept", "reject"]],
    ["tcp src and dst port 7", ["tcp|tcp6,tp_src=7,tp_dst=7 accept", "reject"]],
    ["udp dst portrange 9-5", ["udp|udp6,tp_dst=5-9 accept", "reject"]],
    [
      "dst port 53",
      ["tcp|tcp6,tp_dst=53 accept", "udp|udp6,tp_dst=53 accept", "sctp|sctp6,tp_dst=53 accept", "reject"],
    ],
    ["tcp[tcpflags] & tcp-syn != 0", ["tcp,tcp_flags=+syn accept", "reject"]],
    ["tcp[13] & (tcp-syn|tcp-ack) == tcp-syn", ["tcp,tcp_flags=+syn-ack accept", "reject"]],
    ["(tcp[tcpflags] & 5) != 0", ["tcp,tcp_flags=+fin accept", "tcp,tcp_flags=+rst accept", "reject"]],
    // The words of a value hold for those that follow.
    ["tcp dst port 80 or 443", ["tcp|tcp6,tp_dst=80 accept", "tcp|tcp6,tp_dst=443 accept", "reject"]],
    ["tcp dst port (80 or 443)", ["tcp|tcp6,tp_dst=80 accept", "tcp|tcp6,tp_dst=443 accept", "reject"]],
    // `and` and `or` bind alike, from the left.
    ["ip or tcp and udp", ["udp accept", "reject"]],
    ["ip or (tcp and udp)", ["ip accept", "reject"]],
    // What is next to each other is one rule, and so is what another rule holds.
    ["tcp dst portrange 80-81 or 82-90 or 85", ["tcp|tcp6,tp_dst=80-90 accept", "reject"]],
    ["ip dst net 10.0.0.0/25 or 10.0.0.128/25 or 10.0.0.9", ["ip,nw_dst=10.0.0.0/24 accept", "reject"]],
    ["tcp and (ip or ip6)", ["tcp|tcp6 accept", "reject"]],
    ["tcp or ip", ["tcp|tcp6 accept", "ip accept", "reject"]],
    // What is excluded is rejected first, but for what nothing accepts.
    [
      "tcp dst port 443 and not ip src net 10",
      ["ip,nw_src=10.0.0.0/8 reject", "tcp|tcp6,tp_dst=443 accept", "reject"],
    ],
    ["not tcp dst port 22", ["tcp|tcp6,tp_dst=22 reject", "accept"]],
    ["udp and not arp", ["udp|udp6 accept", "reject"]],
    ["ip or not ip", ["accept"]],
  ];
  for (const [expression, expected] of table) {
    it(`the rules of ${expression}`, () => expect(lines(expression)).to.have.members(expected));
  }

  it("rules for untagged frames, except for MAC addresses and terms after vlan", () => {
    const rules = (text: string) => filterOf({ filter: text }).rules;
    expect(rules("ip")).to.deep.equal([{ action: "accept", etherType: "ipv4", vlan: "untagged" }]);
    expect(rules("vlan 7 and ip")).to.deep.equal([{ action: "accept", etherType: "ipv4", vlan: 7 }]);
    expect(rules("ether src 02:00:00:00:00:01")).to.deep.equal([
      { action: "accept", sourceMac: "02:00:00:00:00:01" },
    ]);
    expect(rules("vlan and ip")).to.deep.equal([
      { action: "reject", vlan: "untagged" },
      { action: "accept", etherType: "ipv4" },
    ]);
  });

  it("the same rules, and so the same capture group, in whatever order its terms are", () => {
    expect(key("port 80 or 443 or host 10.0.0.1")).to.equal(key("host 10.0.0.1 or (port 443) or port 80"));
    expect(key("not host 10.0.0.1 and tcp")).to.equal(key("tcp && !(host 10.0.0.1)"));
    expect(key("port 80")).to.not.equal(key("not port 80"));
  });

  it("as many rules as its parts together if they match different frames", () => {
    const joined = (part: (index: number) => string) =>
      Array.from({ length: 50 }, (_, index) => `(${part(index)})`).join(" or ");
    expect(lines(joined((index) => `host 10.0.0.${3 * index} and port ${index * 3 + 1}`))).to.have.length(
      50 * 12 + 1,
    );
    expect(
      lines(joined((index) => `src host 10.0.0.${3 * index} and not dst port ${index * 3 + 1}`)),
    ).to.have.length(50 * 5 + 1);
  });

  it("nothing if the expressions of a host take too much work together, for as long as they do", () => {
    const expression = "host 10.0.0.1 or 10.0.0.3 or 10.0.0.5";
    const reading = within(new Allowance(100, 0), () => readExpression(expression));
    expect("reason" in reading && reading.reason).to.match(
      /^takes too much work together with the other expressions/,
    );
    expect(lines(expression)).to.have.length(13);
  });

  it("a decision for each of many excluded ports, whichever order they are tried in", () => {
    const ports = Array.from({ length: 200 }, (_, index) => 1 + 2 * index).join(" or ");
    const without = `(tcp src port ${ports}) and not (tcp dst port ${ports})`;
    for (const expression of [`(${without}) or arp`, `arp or (${without})`])
      expect(lines(expression), expression.slice(0, 20)).to.have.length(402);
  });

  it("rules that are valid in a list of rules, no more than its terms written out", () => {
    fc.assert(
      fc.property(arbitraryExpression, (expression) => {
        const reading = readExpression(expression);
        if ("reason" in reading) {
          expect(reading.reason).to.match(/^matches no frame/);
          return;
        }
        const { rules } = reading.value;
        for (const rule of rules) expect(filterRule.parse(rule)).to.deep.equal(rule);
        const { accepts, rejects } = expansion(parse(expression));
        expect(rules.length).to.be.at.most(
          Math.min(accepts + rejects - 1, ways(parse(expression)) ?? Infinity),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
