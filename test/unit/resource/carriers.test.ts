import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import type { Look } from "../../../provider/converge/look";
import type { Underlay } from "../../../provider/converge/network";
import { findPort } from "../../../provider/model/findPort";
import { refuseCarriers } from "../../../provider/resource/carriers";
import type { FlowInputs } from "../../../provider/schema/flow";
import { observed } from "../model/observed";

type Tap = Parameters<typeof refuseCarriers>[0];

const draft = { kind: "flow", owner: "o", service: "s", tunnelId: 7 };
const peer = { machine: "machine-there", name: "host2", local: "192.0.2.1", remote: "192.0.2.2" };
const collector = { address: "203.0.113.9", type: "gre", udpPort: 0, keys: { ingress: 7, egress: 7 } };

const facts = observed(
  {
    name: "br-ex",
    ports: [
      { name: "br-ex", nic: { type: "internal" }, port: { tag: undefined } },
      { name: "eth0" },
      { name: "veth1" },
      { name: "dpdk0", nic: { type: "dpdk" } },
      { name: "tap-vm", nic: { externalIds: { "attached-mac": "02:00:00:00:00:01" } } },
      { name: "vhu-vm", nic: { type: "dpdkvhostuserclient" } },
      { name: "ext0", nic: { type: "internal" } },
    ],
  },
  { name: "br-dmz", ports: [{ name: "eth1" }] },
  {
    name: "br-tun",
    ports: [{ name: "vxlan-1", nic: { type: "vxlan", options: { remote_ip: peer.remote, key: "flow" } } }],
  },
);

/** The message with which a tap is refused; undefined if it is possible. `devices`: those that the route leads over. */
async function refusal(
  port: string,
  inputs: Partial<FlowInputs> = {},
  { devices = ["br-ex"], ...more }: Partial<Underlay> = {},
  way: object = { peer },
  standing?: { claim: object; warn(message: string): void },
): Promise<string | undefined> {
  const underlay = { addresses: [], mtu: 1500, devices, peer: undefined, ...more };
  const source = { facts, record: { name: "host1" }, read: { claims: new Map() } } as unknown as Look;
  try {
    await refuseCarriers({
      draft: { ...draft, source: { port }, ...way } as unknown as Tap["draft"],
      inputs: { direction: "both", port, ...inputs } as FlowInputs,
      source,
      ports: [findPort(facts, ["br-ex", "br-dmz", "br-tun"], port).found!],
      open: () => ({ underlay: async () => underlay }) as unknown as Host,
      standing: standing?.claim as Tap["standing"],
      warn: standing?.warn ?? (() => undefined),
    });
    return undefined;
  } catch (error) {
    expect(error).to.have.property("code", "source-carries-copies");
    return (error as Error).message;
  }
}

const LEAVES = /leave by port (\S+) of bridge \S+, and each would be copied again/;

describe("a tap of a port by which its copies leave", () => {
  const both: [string, Partial<Underlay>, object, boolean, string][] = [
    ["eth0", {}, { peer }, true, "the bridge's card"],
    ["dpdk0", {}, { peer }, true, "a card of DPDK"],
    ["br-ex", {}, { peer }, true, "the bridge's own port"],
    ["eth0", { devices: ["br-ex.100", "br-ex"] }, { peer }, true, "the card below a VLAN of the bridge"],
    ["eth0", { devices: ["eth0.100", "eth0"] }, { peer }, true, "the card below a VLAN of its own"],
    ["veth1", { devices: ["veth0"], peer: "veth1" }, { peer }, true, "the other end of a veth pair"],
    ["eth0", {}, { collector: { ...collector, local: "" } }, true, "the card towards a collector"],
    ["vxlan-1", { devices: ["eth7"] }, { peer, shared: { bridge: "br-tun" } }, true, "production's tunnel"],
    ["eth0", {}, { peer, shared: { bridge: "br-tun" } }, true, "the card below production's tunnel"],
    ["tap-vm", {}, { peer }, false, "a VM beside the card"],
    ["vhu-vm", {}, { peer }, false, "a guest's socket"],
    ["ext0", {}, { peer }, false, "another device of the host"],
    ["eth1", {}, { peer }, false, "the card of another bridge"],
    ["eth0", { devices: ["eth7"] }, { peer }, false, "a card that copies do not leave by"],
    ["eth0", { devices: ["lo"] }, { peer }, false, "a card, while the route is local"],
    ["vxlan-1", { devices: ["eth7"] }, { peer }, false, "production's tunnel, which copies do not share"],
    ["eth0", {}, {}, false, "a card, while the monitor is on its host"],
  ];
  for (const [port, underlay, way, is, what] of both)
    it(`is ${is ? "refused" : "possible"}: ${what}`, async () => {
      const message = await refusal(port, {}, underlay, way);
      if (is) expect(LEAVES.exec(message ?? "")?.[1]).to.equal(port);
      else expect(message).to.equal(undefined);
    });

  it("is possible in the direction in which copies do not pass", async () => {
    expect(await refusal("eth0", { direction: "egress" })).to.equal(undefined);
    expect(await refusal("eth0", { direction: "ingress" })).to.match(LEAVES);
    expect(await refusal("br-ex", { direction: "ingress" })).to.equal(undefined);
    expect(await refusal("br-ex", { direction: "egress" })).to.match(LEAVES);
  });

  it("is possible with a filter that no copy passes in its tunnel", async () => {
    expect(await refusal("eth0", { filter: "tcp port 443" })).to.equal(undefined);
    expect(await refusal("eth0", { filter: "not udp port 14789" })).to.equal(undefined);
    expect(await refusal("eth0", { filter: "udp" })).to.match(LEAVES);
    const vlan = { devices: ["br-ex.100", "br-ex"] };
    expect(await refusal("eth0", { filter: "not udp port 14789" }, vlan), "tagged").to.match(LEAVES);
  });

  const standings: [string, object | undefined, boolean][] = [
    ["that taps it already", {}, true],
    ["that tapped another port", { port: "tap-vm" }, false],
    ["that tapped it in the other direction", { direction: "egress" }, false],
    ["whose filter accepted no copy", { filter: "tcp port 443" }, false],
    ["that is disabled", { enabled: false }, false],
    ["that sent its copies to a monitor on its host", undefined, false],
  ];
  for (const [what, source, is] of standings)
    it(`is ${is ? "possible, with a warning," : "refused"} as a change of a tap ${what}`, async () => {
      const warnings: string[] = [];
      const way = source === undefined ? {} : { peer };
      const claim = {
        ...draft,
        ...way,
        source: { port: "eth0", direction: "both", enabled: true, ...source },
      };
      const warn = (message: string) => void warnings.push(message);
      const message = await refusal("eth0", {}, {}, { peer }, { claim, warn });
      if (is) expect(LEAVES.exec(warnings.join())?.[1]).to.equal("eth0");
      else expect(warnings).to.deep.equal([]);
      expect(message === undefined).to.equal(is);
    });

  it("says how to tap something else", async () => {
    const message = await refusal("eth0");
    expect(message).to.match(
      /^host host1: the tap's own copies to 192\.0\.2\.2 \(vxlan, UDP port 14789\) leave by port eth0 of bridge br-ex/,
    );
  });
});
