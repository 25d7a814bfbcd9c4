import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { rejection } from "../../rejection";

/** Something in columns of an interface that can be configured, where that does no harm. */
const CONFIGURED = `ovs-vsctl set Interface tap-ids ingress_policing_rate=900000 ingress_policing_burst=90000 \
  mtu_request=1450 lldp:enable=false other_config:emulation=none options:n_rxq=1 bfd:enable=false \
  external_ids:note='"a, \\"quoted\\" = one"'`;

/** What Neutron's agent is to Open vSwitch: an OpenFlow controller. Nobody has to connect to this one. */
const CONTROLLED = "ovs-vsctl set-fail-mode br-int secure -- set-controller br-int ptcp:6633:127.0.0.1";

/** The UUIDs of a host's interfaces, by name. */
function uuidsIn(snapshot: HostSnapshot): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot.tables.Interface!).map(([uuid, row]) => [row.name, uuid]),
  );
}

describe("the interface of a monitor that moves back", () => {
  let lab: Lab;
  let host: LabHost;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 1 },
      ],
    });
    host = lab.host(1);
    await host.ovs(CONFIGURED);
    await host.ovs("ovs-vsctl set Interface tap-ids ofport_request=77");
  });
  after(() => lab?.stop());
  beforeEach(() => {
    driver = new Driver(lab);
  });

  async function tap(): Promise<void> {
    const ids = await driver.service("ids", { host: "host1", port: "tap-ids" });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
  }

  it("keeps its row if br-int has no controller", async () => {
    const before = await host.snapshot();
    await tap();
    await driver.destroy();
    expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
  });

  /** These interfaces have new rows; but for their UUIDs, everything is as before. */
  async function expectRenewed(before: HostSnapshot, names: readonly string[]): Promise<void> {
    let after = await host.snapshot();
    const [old, renewed] = [uuidsIn(before), uuidsIn(after)];
    expect(Object.keys(old).filter((name) => old[name] !== renewed[name])).to.have.members(names);
    for (const name of names)
      after = JSON.parse(JSON.stringify(after).replaceAll(renewed[name]!, old[name]!)) as HostSnapshot;
    expect(diffSnapshots(before, after)).to.deep.equal([]);
  }

  it("has a new row with the same configuration if br-int has one, such as Neutron's agent", async () => {
    await host.ovs(CONTROLLED);
    const before = await host.snapshot();
    await tap();
    expect(uuidsIn(await host.snapshot())).to.include(uuidsIn(before));
    await driver.destroy();
    await expectRenewed(before, ["tap-ids"]);
  });

  async function tapAndRemoveClaim(): Promise<Made> {
    const { outputs } = await new Driver(lab, "organization/lost/test").service("lost", {
      host: "host1",
      port: "tap-ids",
    });
    const other = await driver.service("other", { host: "host1", port: "tap-web" });
    await host.ovsVsctl([["remove", "Bridge", "br-tap", "external_ids", `"taas:${outputs.owner}"`]]);
    return other;
  }

  it("has a new row and its own number when somebody removed its claim by hand", async () => {
    const before = await host.snapshot();
    const other = await tapAndRemoveClaim();
    await driver.update(other, { host: "host1", port: "tap-web", description: "another" });
    expect(await host.ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
    await driver.delete(other);
    await expectRenewed(before, ["tap-ids", "tap-web"]);
  });

  it("has to be detached when the note of its home was deleted as well: its VM could be any that is attached there", async () => {
    const other = await tapAndRemoveClaim();
    await host.ovs("ovs-vsctl remove Port tap-ids external_ids taas-home");
    const refused = await rejection(driver.delete(other));
    expect([refused.code, refused.message]).to.deep.equal([
      "tap-bridge-in-use",
      "host host1: bridge br-tap cannot be deleted with its last claim: port tap-ids is still attached to it, and may be a " +
        "VM's. Shut its VM down, detach the VM's interface, or move the port to the bridge it belongs to; then run this again",
    ]);
    expect(await host.ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-tap\n");
    await lab.vm("ids").unplug();
    await driver.delete(other);
    expect(await host.ovs("ovs-vsctl list-br")).not.to.include("br-tap");
  });
});
