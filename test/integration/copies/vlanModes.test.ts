import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, flooded, received, type Tags, tagged, unicast } from "./traffic";

/** Room for the tags that are pushed on the way. */
const MTU = 1442;

/** A priority tag: a priority and no VLAN. */
const PRIORITY_5 = 5 << 13;

describe("the copies of a port", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let guest: Vm;
  let peer: Vm;
  let monitors: Vm[];

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "guest", host: 1 },
        { name: "peer", host: 1, trunk: [] },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    [guest, peer] = [lab.vm("guest"), lab.vm("peer")];
    monitors = [lab.vm("mon1"), lab.vm("mon2")];
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** Gives the guest's port these columns, and taps it into a monitor on its own and one on another host. */
  async function tap(columns: string): Promise<void> {
    const clear = "vlan_mode=[] tag=[] trunks=[] cvlans=[] other_config={}";
    await lab.host(1).ovs(`ovs-vsctl set Port ${guest.port} ${clear} -- set Port ${guest.port} ${columns}`);
    for (const monitor of monitors) {
      const service = await driver.service(monitor.name, { host: monitor.host.name, port: monitor.port });
      await driver.flow(`guest-${monitor.name}`, service, { host: "host1", port: guest.port });
    }
  }

  /** What the guest sends: the frames, and their copies. */
  async function egress(sent: readonly Buffer[], copies: readonly Buffer[] = sent): Promise<void> {
    const count = copies.length;
    const at = await received(monitors, () => guest.send(sent), [count, count]);
    for (const [index, frames] of at.entries())
      expectFrames(frames, copies, `${monitors[index]!.name}, egress`);
  }

  /** What the peer sends, as the guest gets it, and the copies. */
  async function ingress(
    sent: readonly Buffer[],
    got: readonly Buffer[],
    copies: readonly Buffer[] = got,
  ): Promise<void> {
    const receivers = [guest, ...monitors];
    const counts = [got.length, copies.length, copies.length];
    const [atGuest, ...at] = await received(receivers, () => peer.send(sent), counts);
    expectFrames(atGuest!, got, "what the guest received");
    for (const [index, frames] of at.entries())
      expectFrames(frames, copies, `${monitors[index]!.name}, ingress`);
  }

  function tagAll(frames: readonly Buffer[], vlan: number): Buffer[] {
    return frames.map((frame) => tagged(frame, vlan));
  }

  function both(from: Vm, to: Vm, tags: Tags): Buffer[] {
    return [...unicast(from, to, tags, MTU), ...flooded(from, tags)];
  }

  it("in access mode lack what the bridge does not accept: a frame that the guest tagged", async () => {
    await tap("tag=10");
    const untagged = datagram(guest, peer);
    await egress([datagram(guest, peer, [10]), datagram(guest, peer, [20]), untagged], [untagged]);
  });

  it("in access mode lack the guest's priority tag, which the bridge turns into its own", async () => {
    await tap("tag=10");
    const frame = datagram(guest, peer);
    await egress([tagged(frame, PRIORITY_5)], [frame]);
  });

  it("in native-untagged mode are byte for byte: untagged in the native VLAN, tagged in the others", async () => {
    await tap("vlan_mode=native-untagged tag=10 trunks=10,20");
    await egress([...both(guest, peer, []), ...both(guest, peer, [20])]);
    const native = both(peer, guest, []);
    await ingress(tagAll(native, 10), native);
    const other = both(peer, guest, [20]);
    await ingress(other, other);
  });

  it("in native-untagged mode are untagged if the guest itself tagged the native VLAN", async () => {
    await tap("vlan_mode=native-untagged tag=10 trunks=10,20");
    const frames = both(guest, peer, []);
    await egress(tagAll(frames, 10), frames);
  });

  it("in native-tagged mode are byte for byte, except for the native VLAN's tag, which they lack both ways", async () => {
    await tap("vlan_mode=native-tagged tag=10 trunks=10,20");
    await egress([...both(guest, peer, []), ...both(guest, peer, [20])]);
    const other = both(peer, guest, [20]);
    await ingress(other, other);
    const native = both(peer, guest, []);
    await ingress(tagAll(native, 10), tagAll(native, 10), native);
    const [untagged] = [datagram(guest, peer)];
    await egress([tagged(untagged, 10)], [untagged]);
  });

  for (const qinq of ["802.1ad", "802.1q"]) {
    it(`in dot1q-tunnel mode with ${qinq} tags are the customer's frames without the provider's tag`, async () => {
      await tap(`vlan_mode=dot1q-tunnel tag=30 other_config:qinq-ethtype=${qinq}`);
      await egress([...both(guest, peer, []), ...both(guest, peer, [20]), ...both(guest, peer, [20, 21])]);
      for (const tags of [[], [20]]) {
        const frames = both(peer, guest, tags);
        await ingress(tagAll(frames, 30), frames);
      }
    });
  }
});
