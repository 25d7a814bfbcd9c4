import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { readUnderlay } from "../../../provider/converge/network";

/** What is read from the output of a host's commands. */
const underlayOf = (stdout: string) =>
  readUnderlay({ run: async () => ({ exitCode: 0, stdout, stderr: "" }) } as unknown as HostAccess, {
    address: "192.0.2.9",
    local: "",
  });

const ADDRESSES = `1: lo    inet 127.0.0.1/8 scope host lo
3: br-ex.100@br-ex    inet 192.0.2.1/24 scope global br-ex.100
`;

describe("the route to another host", () => {
  it("leads over a VLAN's device, and over what that stands on", async () => {
    const route = `route
192.0.2.9 dev br-ex.100 src 192.0.2.1 uid 0 cache
7: br-ex.100@br-ex: <BROADCAST,MULTICAST,UP> mtu 1400 qdisc noqueue state UP
device br-ex.100
device br-ex
`;
    expect(await underlayOf(ADDRESSES + route)).to.deep.equal({
      ...{ addresses: ["127.0.0.1", "192.0.2.1"], mtu: 1400 },
      ...{ devices: ["br-ex.100", "br-ex"], peer: undefined },
    });
  });

  it("leads over one end of a veth pair, whose other end is told apart from a device below", async () => {
    const route = (peer: string) => `route
192.0.2.9 via 192.0.2.254 dev veth0 src 192.0.2.1
8: veth0@${peer}: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state UP
device veth0
`;
    expect(await underlayOf(ADDRESSES + route("veth1"))).to.include({ peer: "veth1" });
    // Of one in another namespace, only the number is known.
    expect(await underlayOf(ADDRESSES + route("if3"))).to.deep.include({ devices: ["veth0"] });
  });

  it("may be unknown", async () => {
    expect(await underlayOf(`${ADDRESSES}route\n\n`)).to.deep.include({ devices: [], peer: undefined });
    expect(await underlayOf(ADDRESSES)).to.deep.include({ mtu: undefined, devices: [] });
  });
});
