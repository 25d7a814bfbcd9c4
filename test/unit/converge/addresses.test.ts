import { expect } from "chai";
import { tunnelAddress } from "../../../provider/converge/addresses";
import type { Facts } from "../../../provider/ovs/facts";
import { observed } from "../model/observed";

const HOST = { name: "compute1", address: "compute1" };

/** A host whose production tunnels have these local addresses. */
function hostOf(row: Partial<Facts>, ...locals: string[]): Facts {
  const ports = locals.map((local_ip, index) => ({
    name: `vxlan${index}`,
    nic: { type: "vxlan", options: { local_ip } },
  }));
  return { ...observed({ name: "br-tun", ports }), ...row };
}

describe("the tunnel address of a host", () => {
  const rows: [string, Facts, string][] = [
    ["what OVN wrote", hostOf({ externalIds: { "ovn-encap-ip": "192.0.2.1" } }), "192.0.2.1"],
    ["what Neutron wrote", hostOf({ otherConfig: { local_ip: "192.0.2.1" } }), "192.0.2.1"],
    ["what stands in external_ids", hostOf({ externalIds: { local_ip: "192.0.2.1" } }), "192.0.2.1"],
    [
      "OVN's before Neutron's",
      hostOf({ externalIds: { "ovn-encap-ip": "192.0.2.1" }, otherConfig: { local_ip: "192.0.2.2" } }),
      "192.0.2.1",
    ],
    ["in one spelling", hostOf({ externalIds: { "ovn-encap-ip": "FD00:0:0::0011" } }), "fd00::11"],
    ["without white space", hostOf({ otherConfig: { local_ip: " 192.0.2.1 " } }), "192.0.2.1"],
    ["the first of OVN's", hostOf({ externalIds: { "ovn-encap-ip": "192.0.2.2, 192.0.2.1" } }), "192.0.2.2"],
    [
      "OVN's default one",
      hostOf({
        externalIds: { "ovn-encap-ip": "192.0.2.2,192.0.2.1", "ovn-encap-ip-default": "192.0.2.1" },
      }),
      "192.0.2.1",
    ],
    [
      "not what is no address",
      hostOf({ externalIds: { "ovn-encap-ip": "" }, otherConfig: { local_ip: "192.0.2.1" } }),
      "192.0.2.1",
    ],
    ["that of the production tunnels", hostOf({}, "192.0.2.1", "192.0.2.1"), "192.0.2.1"],
    ["theirs, however it is spelled", hostOf({}, "fd00::11", "FD00:0::11"), "fd00::11"],
  ];
  for (const [what, facts, address] of rows) {
    it(`is ${what}`, () => {
      expect(tunnelAddress(HOST, facts)).to.equal(address);
    });
  }

  it("is first of all what the program says", () => {
    const facts = hostOf({ externalIds: { "ovn-encap-ip": "192.0.2.1" } });
    expect(tunnelAddress({ ...HOST, tunnelIp: "192.0.2.3" }, facts)).to.equal("192.0.2.3");
  });

  it("must be given if production has several, or nothing provides one", () => {
    expect(() => tunnelAddress(HOST, hostOf({}, "192.0.2.1", "192.0.2.2"))).to.throw(/192.0.2.1, 192.0.2.2/);
    expect(() => tunnelAddress(HOST, hostOf({}, "flow"))).to.throw(/no IP address in ovn-encap-ip/);
  });
});
