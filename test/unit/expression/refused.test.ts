import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import { readExpression } from "../../../provider/schema/expression/expression";
import { check, flow } from "../treatment/refusals";

/** Why an expression is refused; empty where it is not. */
function reason(expression: string): string {
  const reading = readExpression(expression);
  return "reason" in reading ? reading.reason : "";
}

/** A text of at most so many characters. */
function filled(first: string, next: (index: number) => string, length = 16_384): string {
  const parts = [first];
  for (let size = first.length, index = 0; ; index++) {
    const part = next(index);
    size += part.length;
    if (size > length) return parts.join("");
    parts.push(part);
  }
}

const address = (index: number) => `10.${(index >> 7) & 255}.${(index * 2) & 255}.${(index * 77) & 255}`;

describe("an expression is refused", () => {
  const table: [expression: string, reason: RegExp][] = [
    ["", /^character 1, its end: a term is missing/],
    ["tcp and", /^character 8, its end: a term is missing/],
    ["tcp and or udp", /^character 9, "or": /],
    ["tcp udp", /^character 5, "udp": this must be "and", "or"/],
    ["(tcp", /^character 1, "\(": this parenthesis is not closed/],
    ["tcp)", /^character 4, "\)": this must be/],
    ["(tcp or) udp", /^character 8, "\)": a term is missing before it/],
    ["tcp ; udp", /^character 5, ";": an expression has no such character/],
    ["ip and \u{1f600}", /^character 8, "\u{1f600}"/u],
    ["tcp and less 60", /^character 9, "less": .*length.*snapLength/],
    ["greater 1000", /^character 1, "greater": .*snapLength/],
    ["len > 5", /^character 1, "len": .*snapLength/],
    ["inbound and tcp", /^character 1, "inbound": .*direction/],
    ["ether broadcast", /^character 1, "ether": name the addresses/],
    ["ip protochain 6", /^character 4, "protochain": /],
    ["tcp port http", /^character 10, "http": .*service names are not looked up/],
    ["tcp port 80 or https", /^character 16, "https": .*service names/],
    ["port 65536", /^character 6, "65536": ports are 0 to 65535/],
    ["portrange 1-2-3", /^character 11, "1-2-3": this must be a range/],
    ["ip port 80", /^character 9, "80": ip has no ports/],
    ["host www.example.com", /^character 6, "www\.example\.com": .*host names are not looked up/],
    ["host 10.0.0.0/24", /^character 6, "10\.0\.0\.0": only a network has a prefix length/],
    ["net 10.0.0.1/24", /^character 5, "10\.0\.0\.1\/24": this has bits set beyond its \/24/],
    ["net 10.0.0.0 mask 255.0.0.0", /^character 14, "mask": this must be/],
    ["net 10.0.0.0/33", /prefix length of 0 to 32/],
    ["tcp host 10.0.0.1", /^character 10, "10\.0\.0\.1": write "tcp and host 10\.0\.0\.1"/],
    ["ip host ::1", /^character 9, "::1": ip has no IPv6 addresses/],
    ["rarp host 10.0.0.1", /^character 11, .*addresses of RARP/],
    ["host 02:00:00:00:00:01", /^character 6, .*write ether before a MAC address/],
    ["ether host 10.0.0.1", /^character 12, .*must be a MAC address/],
    ["ether proto 0x8100", /^character 13, "0x8100": write vlan/],
    ["ether proto 100", /^character 13, "100": this must be an EtherType/],
    ["ip proto 256", /^character 10, "256": this must be the number of an IP protocol/],
    ["src proto 6", /^character 1, "src": a protocol has no source/],
    ["vlan 1 or vlan 2", /^character 11, "vlan": Open vSwitch sees one tag only.*list of rules/],
    ["vlan 4096", /^character 6, "4096": this must be a VLAN from 0 to 4095/],
    ["10.0.0.1", /^character 1, "10\.0\.0\.1": write host, net or port before it/],
    ["tcp and 80", /^character 9, "80": write host, net or port before it/],
    ["host 10.0.0.1 or port", /^character 22, its end: a value of port is missing/],
    ["ip[9] = 6", /^character 1, "ip": .*only tcp\[tcpflags\] can be compared/],
    ["tcp[0:2] = 80", /^character 1, "tcp": .*only tcp\[tcpflags\]/],
    ["tcp[tcpflags] & tcp-syn > 0", /^character 25, ">": flags are compared by = and != only/],
    ["tcp[tcpflags] & tcp-syn", /^character 24, its end: flags are compared/],
    ["tcp[tcpflags] & 2 = 1", /^character 19, "=": one side has bits that the other never has/],
    ["1 = 1", /^character 3, "=": one side must be flags/],
    ["tcp[tcpflags] | 2 = 3", /^character 15, "\|": flags can only be masked/],
    ["mpls", /^character 1, "mpls": filters do not support this term/],
    ["TCP", /^character 1, "TCP": filters do not support this term/],
    ["constructor", /^character 1, "constructor": filters do not support this term/],
    ["proto __proto__", /^character 7, "__proto__": this must be the number/],
    ["tcp and udp", /^matches no frame/],
    ["not vlan and ip", /^matches no frame .*after vlan/],
  ];
  for (const [expression, expected] of table) {
    it(`${JSON.stringify(expression)}: ${expected.source}`, () =>
      expect(reason(expression)).to.match(expected));
  }

  it("at its argument, with the given text, and a defaultAction next to it as well", () => {
    const refusal = (args: Record<string, unknown>) =>
      check(tapFlow, { ...flow, ...args }).failures.map(({ property, reason: why }) => ({
        property,
        reason: why,
      }));
    expect(refusal({ filter: "tcp port http" })).to.deep.equal([
      {
        property: "filter",
        reason:
          'character 10, "http": this must be a port from 0 to 65535: service names are not looked up (got "tcp port http")',
      },
    ]);
    expect(refusal({ filter: 7 })[0]!.reason).to.match(/^must be a list of rules, or an expression such as/);
    expect(refusal({ filter: [{ action: "accept", vlan: 9000 }] })[0]!.reason).to.match(
      /^filter\[0\]\.vlan: /,
    );
    expect(refusal({ filter: "tcp", defaultAction: "accept" })).to.deep.equal([
      {
        property: "defaultAction",
        reason:
          "an expression decides about every frame and copies only what it matches: leave defaultAction out",
      },
    ]);
    expect(refusal({ filter: "tcp" })).to.deep.equal([]);
  });

  const large: [title: string, expression: string, expected: RegExp][] = [
    ["64 KiB", "ip".padEnd(65_536), /^has 65536 characters; an expression has at most 16384/],
    ["parentheses without end", "(".repeat(16_384), /at most 100 deep/],
    ["groups without end in a comparison", `${"(".repeat(8000)}1${")".repeat(8000)}=1`, /at most 100 deep/],
    ["negations without end", `${"not ".repeat(4000)}ip`, /^$/],
    ["operators without end", "&".repeat(16_384), /^character 1, /],
    ["one long word", "a".repeat(16_384), /^character 1, "a{37}\.\.\."/],
    ["hosts without end", filled("host 10.0.0.1", (index) => ` or ${address(index)}`), /too many|4096 rules/],
    ["ports without end", filled("port 1", (index) => ` or ${2 * index + 3}`), /too many|4096 rules/],
    [
      "products",
      `(${filled("src port 1", (index) => ` or ${2 * index + 3}`, 8000)}) and (${filled("dst port 1", (index) => ` or ${2 * index + 3}`, 8000)})`,
      /too many|4096 rules/,
    ],
    ["and by or without end", filled("ip", (index) => (index % 2 ? " or tcp" : " and udp")), /^$/],
  ];
  for (const [title, expression, expected] of large) {
    it(`or parsed within seconds if it has ${title}`, function () {
      this.timeout(60_000);
      expect(reason(expression)).to.match(expected);
    });
  }

  it("only above 4,096 rules", function () {
    this.timeout(60_000);
    const hosts = (count: number) =>
      `host ${Array.from({ length: count }, (_, index) => address(index)).join(" or ")}`;
    const reading = readExpression(hosts(1000));
    expect("value" in reading && reading.value.rules.length).to.equal(4000);
    expect(reason(hosts(1030))).to.match(/^needs more than 4096 rules/);
  });
});
