import { expect } from "chai";
import fc from "fast-check";
import { matchesPattern } from "../../../provider/model/glob";
import { selectPorts } from "../../../provider/model/selectPorts";
import type { Facts } from "../../../provider/ovs/facts";
import { type PortSelector, portSelector } from "../../../provider/schema/selector";
import { processorTime } from "../../processorTime";
import { type ObservedPort, observed, rowId } from "./observed";

const vm = (name: string, externalIds: Record<string, string>, port: ObservedPort["port"] = {}) => ({
  name,
  port,
  nic: { externalIds },
});
const network = (id: string) => ({ otherConfig: { net_uuid: id } });
const facts = observed(
  {
    name: "br-int",
    ports: [
      vm(
        "tap-web",
        { "iface-id": "web", "attached-mac": "FA:16:3E:00:00:01", "vm-uuid": "vm1" },
        network("n1"),
      ),
      vm("tap-db", { "iface-id": "db", "vm-id": "vm2", team: "red" }, network("n1")),
      vm("tap-b", { "attached-mac": "fa:16:3e:00:00:0b", "xs-vm-uuid": "vm3" }, { tag: 20 }),
      vm("tap-a", { "attached-mac": "fa:16:3e:00:00:0a", "xs-vm-uuid": "vm3" }, { tag: 20 }),
      vm("vhu1", { "iface-id": "fast" }, { externalIds: { team: "blue" } }),
      { name: "eth0", port: { tag: undefined, externalIds: { role: "uplink" } } },
      { name: "veth-dhcp" },
      { name: "tap100i0" },
      { name: "veth101i1", port: { tag: 30 } },
      { name: "fwln102o0", port: { tag: 30 }, nic: { type: "internal" } },
      { name: "dhcp", port: network("n1"), nic: { type: "internal" } },
      { name: "patch-tun", nic: { type: "patch" } },
      { name: "vxlan0", nic: { type: "vxlan" } },
      { name: "bond0", port: { interfaces: [rowId("Interface", "tap-web"), rowId("Interface", "tap-db")] } },
      { name: "br-int", nic: { type: "internal" } },
    ],
  },
  { name: "br-tap", ports: [vm("tap-ids", { "iface-id": "ids" }, network("n1"))] },
  { name: "br-ex", ports: [vm("tap-far", {}, network("n1"))] },
);

function selected(
  selector: PortSelector,
  desired: { monitors?: string[]; home?: string[] } = {},
  on: Facts = facts,
): string[] {
  const { monitors = [], home = [] } = desired;
  const found = selectPorts(portSelector.parse(selector), {
    facts: on,
    integrationBridge: "br-int",
    tapBridge: "br-tap",
    desired: {
      monitors: monitors.map((name) => ({ port: rowId("Port", name) })),
      placements: home.map((name) => ({ port: rowId("Port", name), bridge: "br-int" })),
    } as Parameters<typeof selectPorts>[1]["desired"],
  });
  return found.map(({ port }) => port.name).sort();
}

describe("a selector of ports", () => {
  const proxmox = ["fwln102o0", "tap100i0", "veth101i1"];
  const all = ["fwln102o0", "tap-a", "tap-b", "tap-db", "tap-web", "tap100i0", "veth101i1", "vhu1"];
  const cases: [string, PortSelector, string[]][] = [
    ["every port of a cloud, and no network card of the host", { name: "*" }, all],
    ["the same by a pattern that says as little", { name: "?*" }, all],
    ["a VLAN's VMs and containers of Proxmox VE", { vlan: 30 }, ["fwln102o0", "veth101i1"]],
    ["what a pattern names, without a cloud's ids", { name: "eth*" }, ["eth0"]],
    ["what ids name, without a cloud's", { externalIds: { role: "uplink" } }, ["eth0"]],
    ["no device of the host by its name", { name: "br-*" }, []],
    ["no patch port and no tunnel by its name", { name: "*x*0" }, []],
    ["a network, but for its ports of type internal", { network: "n1" }, ["tap-db", "tap-web"]],
    ["a VLAN", { vlan: 20 }, ["tap-a", "tap-b"]],
    ["a VM by vm-uuid", { vm: "vm1" }, ["tap-web"]],
    ["a VM by vm-id", { vm: "vm2" }, ["tap-db"]],
    ["a VM by xs-vm-uuid", { vm: "vm3" }, ["tap-a", "tap-b"]],
    ["a pattern", { name: "tap-?" }, ["tap-a", "tap-b"]],
    ["an id of the Interface row", { externalIds: { team: "red" } }, ["tap-db"]],
    ["an id of the Port row", { externalIds: { team: "blue" } }, ["vhu1"]],
    ["an id of any value", { externalIds: { team: "*" } }, ["tap-db", "vhu1"]],
    ["all conditions at once", { network: "n1", externalIds: { team: "*" } }, ["tap-db"]],
    ["nothing by a name of JavaScript's", { externalIds: { constructor: "*" } }, []],
    ["nothing that is not there", { network: "n2" }, []],
    [
      "less what has a name",
      { name: "*", except: [...proxmox, "tap-a", "vhu1"] },
      ["tap-b", "tap-db", "tap-web"],
    ],
    ["less an iface-id", { network: "n1", except: [{ ifaceId: "db" }] }, ["tap-web"]],
    ["less a MAC address", { network: "n1", except: [{ mac: "fa:16:3e:00:00:01" }] }, ["tap-db"]],
    ["less a VM", { name: "tap-*", except: [{ vmUuid: "vm3" }] }, ["tap-db", "tap-web"]],
    ["less one vNIC of a VM", { vlan: 20, except: [{ vmUuid: "vm3", vnic: 0 }] }, ["tap-b"]],
    [
      "less all that match",
      { name: "*", except: [...proxmox, { network: "n1" }, { vlan: 20, name: "*-b" }] },
      ["tap-a", "vhu1"],
    ],
  ];
  for (const [what, selector, ports] of cases) {
    it(`selects ${what}`, () => expect(selected(selector)).to.deep.equal(ports));
  }

  it("selects no monitor, but a port that is being moved back", () => {
    expect(selected({ network: "n1" }, { monitors: ["tap-web"] })).to.deep.equal(["tap-db"]);
    expect(selected({ network: "n1" }, { home: ["tap-ids"] })).to.deep.equal([
      "tap-db",
      "tap-ids",
      "tap-web",
    ]);
  });

  it("selects nothing if the bridge is missing", () => {
    expect(selected({ name: "*" }, {}, observed({ name: "br-ex", ports: [] }))).to.deep.equal([]);
  });
});

describe("a pattern of port names", () => {
  const piece = fc.constantFrom("a", "b", "-", "*", "?");
  const name = fc.string({ unit: fc.constantFrom("a", "b", "-", "é", "\n"), maxLength: 8 });

  it("matches what the equivalent regular expression does", () => {
    fc.assert(
      fc.property(name, fc.string({ unit: piece, minLength: 1, maxLength: 8 }), (text, pattern) => {
        const expression = pattern.replaceAll("*", ".*").replaceAll("?", ".");
        const isPlain = /^[ab-]*$/.test(text);
        const expected = isPlain ? new RegExp(`^${expression}$`).test(text) : /^\*+$/.test(pattern);
        expect(matchesPattern(text, pattern)).to.equal(expected);
      }),
    );
  });

  it("takes no longer with many stars, and is not looked for in names that no port has", () => {
    const time = processorTime(() => {
      expect(matchesPattern("a".repeat(255), `${"*a".repeat(120)}*b`)).to.equal(false);
      expect(matchesPattern("a".repeat(10_000_000), "*a")).to.equal(false);
    });
    expect(time).to.be.below(2_000);
  });

  it("is found quickly in all ports of a host that has made their names long and alike", () => {
    const names = Array.from({ length: 2_000 }, () => "a".repeat(250));
    const half = "a".repeat(120);
    const patterns = [`*${half}b*`, `*b${half}*`, `*${half}b`, `*${half}?b*`, `*${"*a".repeat(120)}b*`];
    const time = processorTime(() => {
      for (const pattern of patterns)
        expect(names.filter((text) => matchesPattern(text, pattern))).to.deep.equal([]);
    });
    expect(time).to.be.below(4_000);
  });
});
