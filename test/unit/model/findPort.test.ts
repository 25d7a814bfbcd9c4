import { expect } from "chai";
import { findPort, listPorts, portsOf } from "../../../provider/model/findPort";
import type { PortInput } from "../../../provider/schema/port";
import { type ObservedPort, observed, rowId } from "./observed";

const ids = (name: string, externalIds: Record<string, string>): ObservedPort => ({
  name,
  nic: { externalIds },
});
const facts = observed(
  {
    name: "br-int",
    ports: [
      ids("tap-web", { "iface-id": "web", "attached-mac": "FA:16:3E:00:00:01", "vm-uuid": "vm1" }),
      ids("tap-old", { "iface-id": "moving", "iface-status": "inactive", "vm-id": "vm2" }),
      ids("tap-new", { "iface-id": "moving", "iface-status": "active", "vm-id": "vm2" }),
      ids("tap-idle", { "iface-id": "idle", "iface-status": "inactive" }),
      ids("tap-b", { "attached-mac": "fa:16:3e:00:00:0b", "vm-uuid": "vm3" }),
      ids("tap-a", { "attached-mac": "fa:16:3e:00:00:0a", "vm-uuid": "vm3" }),
      {
        ...ids("bond0", { "iface-id": "uplink", "attached-mac": "fa:16:3e:00:00:0c" }),
        port: { interfaces: [rowId("Interface", "bond0"), rowId("Interface", "tap-web")] },
      },
      { name: "dpdk-port", nic: { name: "vhu1" } },
    ],
  },
  { name: "br-tap", ports: [ids("tap-ids", { "iface-id": "ids" })] },
  { name: "br-ex", ports: [ids("tap-far", { "iface-id": "far" })] },
);

describe("finding a port", () => {
  const name = (wanted: PortInput) => findPort(facts, ["br-int", "br-tap"], wanted).found?.port.name;
  const found: [string, PortInput, string][] = [
    ["its name", "tap-web", "tap-web"],
    ["its interface's name", "vhu1", "dpdk-port"],
    ["its iface-id", { ifaceId: "web" }, "tap-web"],
    ["its MAC, however the cloud spelled it", { mac: "fa:16:3e:00:00:01" }, "tap-web"],
    ["its VM's vm-uuid", { vmUuid: "vm1" }, "tap-web"],
    ["its VM's vm-id", { vmUuid: "vm2" }, "tap-new"],
    ["the first vNIC by MAC", { vmUuid: "vm3", vnic: 0 }, "tap-a"],
    ["the second vNIC by MAC", { vmUuid: "vm3", vnic: 1 }, "tap-b"],
    ["a row that is active before one that is not", { ifaceId: "moving" }, "tap-new"],
    ["a row that is inactive when there is no other", { ifaceId: "idle" }, "tap-idle"],
    ["a monitor that was moved", { ifaceId: "ids" }, "tap-ids"],
  ];
  for (const [what, wanted, port] of found) {
    it(`goes by ${what}`, () => expect(name(wanted)).to.equal(port));
  }

  it("finds nothing on other bridges, nor a vNIC beyond the last", () => {
    for (const wanted of ["tap-far", "", { ifaceId: "far" }, { vmUuid: "vm3", vnic: 2 }]) {
      const search = findPort(facts, ["br-int", "br-tap"], wanted);
      expect(search, JSON.stringify(wanted)).to.deep.equal({ found: undefined, reason: "missing" });
    }
  });

  it("finds no bond, and says so whatever it is searched by", () => {
    for (const wanted of ["bond0", { ifaceId: "uplink" }, { mac: "fa:16:3e:00:00:0c" }]) {
      const search = findPort(facts, ["br-int", "br-tap"], wanted);
      expect(search, JSON.stringify(wanted)).to.deep.include({ found: undefined, reason: "bond" });
      expect(search).to.have.nested.property("port.name", "bond0");
    }
    const listed = portsOf(facts, ["br-int"]).map(({ port }) => port.name);
    expect(listed).not.to.include("bond0");
  });

  it("does not choose among several", () => {
    const search = findPort(facts, ["br-int"], { vmUuid: "vm3" });
    expect(search).to.include({ found: undefined, reason: "ambiguous" });
    const { candidates } = search as Extract<typeof search, { reason: "ambiguous" }>;
    expect(listPorts(candidates)).to.equal(
      "tap-a (attached-mac=fa:16:3e:00:00:0a, vm-uuid=vm3); tap-b (attached-mac=fa:16:3e:00:00:0b, vm-uuid=vm3)",
    );
  });

  it("does not accept a port that was found under another iface-id", () => {
    const web = { mac: "fa:16:3e:00:00:01", foundIfaceId: "web" };
    expect(name(web)).to.equal("tap-web");
    const twin = ids("tap-twin", { "iface-id": "twin", "attached-mac": "fa:16:3e:00:00:01" });
    const search = (...ports: ObservedPort[]) =>
      findPort(observed({ name: "br-int", ports }), ["br-int"], web);
    expect(search(twin)).to.deep.equal({ found: undefined, reason: "missing" });
    const original = ids("tap-web", { "iface-id": "web", "attached-mac": "FA:16:3E:00:00:01" });
    expect(search(twin, original).found?.port.name).to.equal("tap-web");
  });

  it("counts vNICs with equal MAC addresses, or none, in one order however they are listed", () => {
    const nics = [
      ids("tap-d", { "xs-vm-uuid": "vm" }),
      ids("tap-c", { "xs-vm-uuid": "vm" }),
      ids("tap-b", { "xs-vm-uuid": "vm", "attached-mac": "fa:16:3e:00:00:01" }),
      ids("tap-a", { "xs-vm-uuid": "vm", "attached-mac": "FA:16:3E:00:00:01" }),
    ];
    const orders = [nics, [...nics].reverse(), [nics[2]!, nics[0]!, nics[3]!, nics[1]!]];
    for (const ports of orders) {
      const host = observed({ name: "br-int", ports });
      const names = [0, 1, 2, 3].map(
        (vnic) => findPort(host, ["br-int"], { vmUuid: "vm", vnic }).found?.port.name,
      );
      expect(names).to.deep.equal(["tap-a", "tap-b", "tap-c", "tap-d"]);
    }
  });

  it("lists at most thirty ports, by name", () => {
    const many = Array.from({ length: 33 }, (_, i) => ({ name: `tap${String(99 - i)}` }));
    const text = listPorts(portsOf(observed({ name: "br-int", ports: many }), ["br-int"]));
    expect(text).to.match(/^tap67; tap68; .*; tap96; and 3 more$/);
  });
});
