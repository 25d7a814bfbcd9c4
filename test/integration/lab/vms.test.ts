import { expect } from "chai";
import { arp, BROADCAST, icmp, isUdpTo, sortedHex, TCP_FLAGS, tcp, udp } from "../../lab/frames.js";
import { type Lab, startLab } from "../../lab/lab.js";
import { between, type Vm } from "../../lab/vm.js";

/** The frame with a VLAN tag, as a trunk port carries it. */
function tagged(frame: Buffer, vlan: number): Buffer {
  const tag = Buffer.from([0x81, 0, vlan >> 8, vlan & 0xff]);
  return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)]);
}

/** The frame without its outer VLAN tag. */
function untagged(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]);
}

describe("a VM of the lab", function () {
  this.timeout(30_000);
  let lab: Lab;
  let web: Vm;
  let db: Vm;
  let other: Vm;
  let trunk: Vm;

  /** Expects a frame of `from` to arrive at `to` as it was sent. */
  async function expectArrival(from: Vm, to: Vm): Promise<void> {
    const frame = udp({
      ...between(from, to),
      sourcePort: 1,
      destinationPort: 2,
      payload: Buffer.from(to.name),
    });
    const capture = await to.capture();
    await from.send([frame]);
    await capture.settle({ frames: 1 });
    expect(sortedHex(await capture.stop())).to.deep.equal(sortedHex([frame]));
  }

  before(async () => {
    lab = await startLab({
      nics: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 2, vlan: 10 },
        { name: "other", host: 2, vlan: 20 },
        { name: "trunk", host: 3, trunk: [10, 20] },
        { name: "pinger", host: 1, vlan: 30, stack: "kernel" },
        { name: "ponger", host: 3, vlan: 30, stack: "kernel" },
      ],
    });
    web = lab.vm("web");
    db = lab.vm("db");
    other = lab.vm("other");
    trunk = lab.vm("trunk");
  });
  after(() => lab?.stop());

  it("reaches the other VMs of its VLAN across hosts byte for byte, and no other", async () => {
    const header = between(web, db);
    const body = { operation: 1, senderMac: web.mac, senderIp: web.ip, targetIp: db.ip } as const;
    const [sourcePort, destinationPort] = [40_000, 80];
    const payload = Buffer.from(Array.from({ length: 1_300 }, (_, i) => i & 0xff));
    const ipv6 = { sourceIp: "2001:db8::1", destinationIp: "2001:db8::2" };
    const frames = [
      arp({ ...header, destination: BROADCAST }, body),
      tcp({ ...header, sourcePort, destinationPort, flags: TCP_FLAGS.syn }),
      udp({ ...header, sourcePort, destinationPort, payload, tos: 0x28, ttl: 3 }),
      icmp({ ...header, type: 8, payload: payload.subarray(0, 56) }),
      udp({ ...header, ...ipv6, sourcePort, destinationPort }),
    ];
    const captures = await Promise.all([db, trunk, other, web].map((vm) => vm.capture()));
    await web.send(frames);
    await Promise.all(captures.slice(0, 2).map((capture) => capture.settle({ frames: frames.length })));
    await captures[2]!.settle();
    const [atDb, atTrunk, atOther, atWeb] = await Promise.all(captures.map((capture) => capture.stop()));
    expect(sortedHex(atDb!)).to.deep.equal(sortedHex(frames));
    expect(sortedHex(atTrunk!)).to.deep.equal(sortedHex(frames.map((frame) => tagged(frame, 10))));
    expect([...atOther!, ...atWeb!]).to.deep.equal([]);
  });

  it("sends tagged frames from a trunk port into the VLAN of each tag", async () => {
    const header = { ...between(trunk, other), destination: BROADCAST, destinationPort: 9 };
    const ten = udp({ ...header, tags: [10], sourcePort: 10 });
    const twenty = udp({ ...header, tags: [{ vlan: 20 }], sourcePort: 20 });
    const captures = await Promise.all([db, other].map((vm) => vm.capture()));
    await trunk.send([ten, twenty]);
    await Promise.all(captures.map((capture) => capture.settle({ frames: 1 })));
    const [atDb, atOther] = await Promise.all(captures.map((capture) => capture.stop()));
    expect(sortedHex(atDb!)).to.deep.equal(sortedHex([untagged(ten)]));
    expect(sortedHex(atOther!)).to.deep.equal(sortedHex([untagged(twenty)]));
  });

  it("is seen on the underlay only inside the production tunnels, with the VNI of its VLAN", async () => {
    const payload = Buffer.from("underlay");
    const frame = udp({ ...between(db, web), sourcePort: 7, destinationPort: 8, payload });
    const [first, second] = await Promise.all([1, 2].map((nic) => lab.host(2).captureUnderlay(nic)));
    const arrival = await web.capture();
    await db.send([frame]);
    await arrival.settle({ frames: 1 });
    await first!.settle();
    await Promise.all([arrival, first!, second!].map((capture) => capture.stop()));
    const carriers = first!.captured.filter((each) => each.frame.includes(payload));
    expect(carriers.map(({ direction }) => direction)).to.deep.equal(["in", "in"]); // to hosts 1 and 3
    for (const { frame: carrier } of carriers) {
      expect([isUdpTo(carrier, 4789), isUdpTo(carrier, 14789)]).to.deep.equal([true, false]);
      expect(carrier.readUIntBE(46, 3)).to.equal(1010);
      expect(carrier.subarray(50).equals(frame)).to.equal(true);
    }
    expect(second!.captured).to.deep.equal([]);
  });

  it("sends nothing by itself", async () => {
    const vms = [web, db, other, trunk, await lab.addVm({ name: "fresh", host: 1, vlan: 10 })];
    const captures = await Promise.all(vms.map((vm) => vm.capture()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await Promise.all(captures.map((capture) => capture.stop()))).flat()).to.deep.equal([]);
  });

  it("runs programs over IP between hosts when it has a kernel's stack", async () => {
    const argv = ["ping", "-c2", "-i0.05", "-W2", lab.vm("ponger").ip];
    const { stdout, exitCode } = await lab.vm("pinger").run(argv);
    expect(exitCode, stdout).to.equal(0);
  });

  it("can be plugged in through a Linux bridge of its own, as with Neutron's iptables firewall", async () => {
    const hybrid = await lab.addVm({ name: "hybrid", host: 3, vlan: 10, plug: "hybrid" });
    expect(await hybrid.host.ovs("ovs-vsctl port-to-br qvo-hybrid")).to.equal("br-int\n");
    expect(await hybrid.host.ovs("cat /sys/class/net/qbr-hybrid/bridge/ageing_time")).to.equal("30000\n");
    await expectArrival(web, hybrid);
  });

  it("can be added later, unplugged and plugged again, with the identifiers that Neutron writes", async () => {
    const ifaceId = "11111111-2222-4333-8444-555555555555";
    const late = await lab.addVm({ name: "late", host: 3, vlan: 40, ifaceId });
    const later = await lab.addVm({ name: "later", host: 1, vlan: 40 });
    const query = `ovs-vsctl --bare --columns=name find Interface external_ids:iface-id=${ifaceId}`;
    expect(await late.host.ovs(query)).to.equal("tap-late\n");
    await expectArrival(later, late);
    await late.unplug();
    expect(await late.host.ovs(query)).to.equal("");
    await late.plug();
    await expectArrival(later, late);
  });
});
