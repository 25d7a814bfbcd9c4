import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { enableFirewall } from "../../lab/firewall";
import { arp, BROADCAST, icmp, TCP_FLAGS, tcp, udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { all, between, expectFrames, flooded, learn } from "./traffic";

/** One frame of a conversation, and whether the firewall lets it through to its receiver. */
interface Step {
  from: Vm;
  to: Vm;
  frame: Buffer;
  verdict: "delivered" | "dropped";
}

describe("a tap of a VM behind a stateful firewall", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let near: Vm;
  let far: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "near", host: 1 },
        { name: "far", host: 2 },
        { name: "mon1", host: 1, vlan: 30 },
        { name: "mon2", host: 2, vlan: 30 },
      ],
    });
    driver = new Driver(lab);
    [web, near, far] = [lab.vm("web"), lab.vm("near"), lab.vm("far")];
    const accept = [{ protocol: "tcp", port: 80 }, { protocol: "icmp" }] as const;
    await enableFirewall(lab.host(1), [{ vm: web, accept }], [near]);
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** A talk of the protected VM with another in which the firewall has every kind of decision to make. */
  function talk(peer: Vm): Step[] {
    const [there, back] = [between(peer, web), between(web, peer)];
    const [toHttp, fromHttp] = [
      { ...there, sourcePort: 40_000, destinationPort: 80 },
      { ...back, sourcePort: 80, destinationPort: 40_000 },
    ];
    const { syn, ack, psh, fin } = TCP_FLAGS;
    const data = (index: number) => Buffer.alloc(200 + index, "data");
    const spoofed = { ...back, sourceIp: "198.51.100.77", sourcePort: 9, destinationPort: 9 };
    const come = (frame: Buffer, verdict: Step["verdict"]) => ({ from: peer, to: web, frame, verdict });
    const go = (frame: Buffer, verdict: Step["verdict"]) => ({ from: web, to: peer, frame, verdict });
    const ends = { senderMac: web.mac, senderIp: web.ip, targetIp: peer.ip };
    return [
      go(arp({ ...back, destination: BROADCAST }, { operation: 1, ...ends }), "delivered"),
      // A service that is allowed: the whole connection.
      come(tcp({ ...toHttp, flags: syn, sequence: 100 }), "delivered"),
      go(tcp({ ...fromHttp, flags: syn | ack, sequence: 500, acknowledgment: 101 }), "delivered"),
      come(tcp({ ...toHttp, flags: ack, sequence: 101, acknowledgment: 501 }), "delivered"),
      ...[1, 2, 3, 4, 5].map((index) =>
        go(
          tcp({ ...fromHttp, flags: psh | ack, sequence: 501, acknowledgment: 101, payload: data(index) }),
          "delivered",
        ),
      ),
      come(tcp({ ...toHttp, flags: fin | ack, sequence: 101, acknowledgment: 501 }), "delivered"),
      // A service that is not.
      come(tcp({ ...toHttp, destinationPort: 22, flags: syn }), "dropped"),
      come(udp({ ...there, sourcePort: 7_000, destinationPort: 7_000, payload: data(6) }), "dropped"),
      // An answer to what the VM asked, though nobody allowed it by itself.
      go(udp({ ...back, sourcePort: 3_333, destinationPort: 53, payload: data(7) }), "delivered"),
      come(udp({ ...there, sourcePort: 53, destinationPort: 3_333, payload: data(8) }), "delivered"),
      come(icmp({ ...there, type: 8 }), "delivered"),
      go(icmp({ ...back, type: 0 }), "delivered"),
      // What the VM may not send: another's address, an EtherType that the rules do not know.
      go(udp({ ...spoofed, payload: data(9) }), "dropped"),
      go(
        udp({
          ...back,
          sourceIp: "2001:db8::1",
          destinationIp: "2001:db8::2",
          sourcePort: 9,
          destinationPort: 9,
        }),
        "dropped",
      ),
    ];
  }

  /** Talks with a fresh connection table; resolves with all that was seen. */
  async function hold(steps: readonly Step[], monitor: Vm) {
    const host = lab.host(1);
    await host.ovs("ovs-appctl dpctl/flush-conntrack");
    const vms = [web, near, far, monitor];
    const [atWeb, atNear, atFar, atMonitor] = await Promise.all(vms.map((vm) => vm.capture()));
    const captures = new Map([
      [web, atWeb!],
      [near, atNear!],
      [far, atFar!],
    ]);
    const delivered = new Map([
      [web, 0],
      [near, 0],
      [far, 0],
    ]);
    for (const { from, to, frame, verdict } of steps) {
      await from.send([frame]);
      if (verdict === "dropped") continue;
      delivered.set(to, delivered.get(to)! + 1);
      // The next step answers this one: the connection's state must be there.
      await captures.get(to)!.settle({ frames: delivered.get(to)! });
    }
    const tracked = (await host.ovs("ovs-appctl dpctl/dump-conntrack")).trim().split("\n");
    // The kernel's datapath shares its table with the host's own connections, which are in no zone.
    const connections = tracked.filter((line) => line.includes("zone=")).sort();
    const frames = await Promise.all([atWeb!, atNear!, atFar!, atMonitor!].map((capture) => all(capture)));
    const [web2, near2, far2, copies] = frames as [Buffer[], Buffer[], Buffer[], Buffer[]];
    return { connections, web: web2, near: near2, far: far2, copies };
  }

  for (const { monitor, host, attachment } of [
    { monitor: "mon1", host: "host1", attachment: "tap-bridge" },
    { monitor: "mon1", host: "host1", attachment: "integration-bridge" },
    { monitor: "mon2", host: "host2", attachment: "tap-bridge" },
  ]) {
    for (const peerName of ["near", "far"]) {
      it(`copies everything it sends to ${peerName} and only what is let in, verdicts and connections as without a tap (${attachment} of ${host})`, async () => {
        const peer = lab.vm(peerName);
        await learn([web, near, far]);
        const steps = talk(peer);
        const untapped = await hold(steps, lab.vm(monitor));
        const wanted = (to: Vm) => steps.filter((step) => step.to === to && step.verdict === "delivered");
        expectFrames(
          untapped.web,
          wanted(web).map(({ frame }) => frame),
          "let in without a tap",
        );
        expect(untapped.connections.filter((line) => /^(tcp|udp|icmp),/.test(line))).to.have.length(3);
        expectFrames(untapped.copies, [], "copies without a tap");

        const service = await driver.service("ids", { host, port: `tap-${monitor}`, attachment });
        await driver.flow("web", service, { host: "host1", port: "tap-web" });
        await learn([web, near, far]);
        const tapped = await hold(steps, lab.vm(monitor));
        expect(tapped.connections).to.deep.equal(untapped.connections);
        expectFrames(tapped.web, untapped.web, "the tapped VM");
        expectFrames(tapped.near, untapped.near, "near");
        expectFrames(tapped.far, untapped.far, "far");
        const sent = steps.filter(({ from }) => from === web).map(({ frame }) => frame);
        expectFrames(tapped.copies, [...sent, ...tapped.web], "copies");
      });
    }
  }

  it("copies what is flooded to the VM only as far as the firewall lets it in", async () => {
    const service = await driver.service("ids", { host: "host2", port: "tap-mon2" });
    await driver.flow("web", service, { host: "host1", port: "tap-web", direction: "ingress" });
    await learn([web, near, far]);
    const frames = [...flooded(near), ...flooded(far)];
    const [atWeb, atMonitor] = await Promise.all([web, lab.vm("mon2")].map((vm) => vm.capture()));
    await near.send(frames.slice(0, frames.length / 2));
    await far.send(frames.slice(frames.length / 2));
    const [got, copies] = await Promise.all([all(atWeb!), all(atMonitor!)]);
    expect(got, "floods that reach the VM").to.not.be.empty;
    expectFrames(copies, got, "copies");
  });
});
