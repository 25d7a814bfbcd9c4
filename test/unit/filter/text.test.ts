import { expect } from "chai";
import { filterOf, needsDirection } from "../../../provider/model/filter/filterOf";
import { filterKey } from "../../../provider/model/filter/key";
import { defaultText, ruleText } from "../../../provider/model/filter/text";
import {
  type FilterAction,
  type FilterRule,
  type FlowFilter,
  filterRule,
  filterRules,
} from "../../../provider/schema/filter";

const rule = (fields: Record<string, unknown>): FilterRule =>
  filterRule.parse({ action: "accept", ...fields });

describe("ruleText", () => {
  const table: [fields: Record<string, unknown>, expected: string][] = [
    [{}, "any accept"],
    [{ action: "reject", direction: "egress" }, "egress any reject"],
    [
      { protocol: "tcp", destination: "10.0.0.0/24", destinationPort: "8000-8999" },
      "tcp,nw_dst=10.0.0.0/24,tp_dst=8000-8999 accept",
    ],
    [{ protocol: "tcp", destinationPort: 443, snapLength: 128 }, "tcp|tcp6,tp_dst=443 accept max_len=128"],
    [{ protocol: 47, source: "2001:db8::/32" }, "ipv6,ipv6_src=2001:db8::/32,nw_proto=47 accept"],
    [{ protocol: 47 }, "ip|ipv6,nw_proto=47 accept"],
    [{ protocol: 1 }, "ip|ipv6,nw_proto=1 accept"],
    [{ protocol: "icmpv6" }, "icmp6 accept"],
    [{ etherType: "arp", vlan: "untagged" }, "arp,dl_vlan=untagged accept"],
    [
      { etherType: "arp", source: "10.0.0.1", destination: "10.0.0.0/24" },
      "arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/24 accept",
    ],
    [
      { etherType: 0x0600, sourceMac: "02:00:00:00:00:01", destinationMac: "02:00:00:00:00:02" },
      "dl_type=0x0600,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02 accept",
    ],
    [{ etherType: "ipv4", fragment: "none" }, "ip,nw_frag=no accept"],
    [
      { vlan: 0, protocol: "tcp", etherType: "ipv6", tcpFlags: "syn,-ack", sourcePort: 0 },
      "tcp6,dl_vlan=0,tp_src=0,tcp_flags=+syn-ack accept",
    ],
  ];
  for (const [fields, expected] of table) {
    it(`writes ${expected}`, () => expect(ruleText(rule(fields))).to.equal(expected));
  }

  it("writes the default", () => expect(defaultText("reject")).to.equal("any reject"));
});

/** The key of a filter as a flow has it. */
function keyOf(filter: FlowFilter, defaultAction?: FilterAction): string {
  return filterKey(filterOf({ filter, defaultAction }));
}

describe("filterKey", () => {
  it("is the same for filters that are written differently and mean the same", () => {
    const one = filterRules.parse([
      { action: "accept", protocol: 6, sourcePort: "22", source: "10.0.0.1/32" },
    ]);
    const other = filterRules.parse([
      { sourcePort: 22, source: "10.0.0.1", protocol: "tcp", action: "accept" },
    ]);
    expect(keyOf(one)).to.equal(keyOf(other, "reject"));
    expect(keyOf([])).to.equal(keyOf([], "accept"));
  });

  it("ignores fields without a value", () => {
    expect(keyOf([{ ...rule({}), vlan: undefined }])).to.equal(keyOf([rule({})]));
  });

  it("differs if order, field or default differ", () => {
    const [a, b] = [rule({ vlan: 1 }), rule({ vlan: 2 })];
    const keys = [
      keyOf([]),
      keyOf([], "reject"),
      keyOf([a]),
      keyOf([a], "accept"),
      keyOf([a, b]),
      keyOf([b, a]),
      keyOf([{ ...a, snapLength: 64 }]),
      keyOf([{ ...a, direction: "ingress" }]),
    ];
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it("stays the same, because it identifies capture groups on hosts", () => {
    const rules = filterRules.parse([{ protocol: "tcp", action: "accept", destinationPort: "8000-8999" }]);
    expect(keyOf(rules)).to.equal(
      '["reject",[["action","accept"],["destinationPort","8000-8999"],["protocol","tcp"]]]',
    );
  });
});

describe("needsDirection", () => {
  it("distinguishes filters with a direction from those without", () => {
    expect(needsDirection(filterOf({ filter: [rule({}), rule({ direction: "ingress" })] }))).to.equal(true);
    expect(needsDirection(filterOf({ filter: [rule({})] }))).to.equal(false);
  });
});
