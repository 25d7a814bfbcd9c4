import { expect } from "chai";
import { filterOf } from "../../../provider/model/filter/filterOf";
import { mayAccept } from "../../../provider/model/filter/mayAccept";
import { flowFilter } from "../../../provider/schema/filter";

const packet = {
  source: "192.0.2.1",
  destination: "192.0.2.2",
  protocol: 17,
  destinationPort: 14789,
  vlan: "untagged",
} as const;
const accept = { action: "accept" };
const reject = { action: "reject" };

describe("a packet of which only addresses, protocol, destination port and tag are known", () => {
  const cases: [string, unknown, boolean][] = [
    ["no filter", [], true],
    ["another protocol", "tcp port 443", false],
    ["another port", "udp port 53", false],
    ["its port", "udp port 14789", true],
    ["everything but its port", "not udp port 14789", false],
    ["everything but its destination", "not host 192.0.2.2", false],
    ["everything but a network with its ends", "not net 192.0.2.0/24", false],
    ["everything but another host", "not host 192.0.2.7", true],
    ["IPv6", "ip6", false],
    ["ARP", "arp", false],
    ["a source port that is not known", [{ ...accept, protocol: "udp", sourcePort: 40_000 }], true],
    ["a rejection that depends on what is not known", [{ ...reject, vlan: 7 }, accept], true],
    ["the other direction", [{ ...accept, direction: "egress" }], false],
    ["its direction", [{ ...accept, direction: "ingress" }], true],
    ["a range of ports", [{ ...reject, protocol: "udp", destinationPort: "14000-14999" }, accept], false],
    ["later fragments", [{ ...accept, fragment: "later" }], false],
  ];
  for (const [what, filter, is] of cases)
    it(`is ${is ? "perhaps" : "never"} accepted by a filter of ${what}`, () => {
      expect(mayAccept(filterOf({ filter: flowFilter.parse(filter) }), packet, "ingress")).to.equal(is);
    });

  it("may have any source, if that is not known", () => {
    const filter = flowFilter.parse([{ ...reject, source: "192.0.2.1" }, accept]);
    expect(mayAccept(filterOf({ filter }), packet, "ingress")).to.equal(false);
    expect(mayAccept(filterOf({ filter }), { ...packet, source: undefined }, "ingress")).to.equal(true);
  });

  it("may have any tag, if that is not known: an expression is about frames without one", () => {
    const tagged = { ...packet, vlan: undefined };
    const is = (filter: unknown) =>
      mayAccept(filterOf({ filter: flowFilter.parse(filter) }), tagged, "ingress");
    expect(is("not udp port 14789")).to.equal(true);
    expect(is([{ ...reject, protocol: "udp", destinationPort: 14789 }, accept])).to.equal(false);
  });

  it("is not accepted by ports if it has none, as in GRE", () => {
    const gre = { source: undefined, destination: "192.0.2.2", protocol: 47, vlan: "untagged" } as const;
    const only = (filter: string) =>
      mayAccept(filterOf({ filter: flowFilter.parse(filter) }), gre, "ingress");
    expect([only("udp port 14789"), only("not proto 47"), only("proto 47")]).to.deep.equal([
      false,
      false,
      true,
    ]);
  });
});
