import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, learn, received, unicast } from "./traffic";
import { type Carried, carriedByGre, carriedOnPort, learnUnderlay, watchUnderlay } from "./underlay";

describe("copies in an explicit mirror tunnel", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;
  let monitor: Vm;
  let service: Made;
  const source = { host: "host1", port: "tap-web" };

  before(async () => {
    lab = await startLab({
      nics: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon3", host: 3 },
      ],
    });
    await learnUnderlay(lab);
    driver = new Driver(lab);
    [web, db, monitor] = [lab.vm("web"), lab.vm("db"), lab.vm("mon3")];
  });
  after(() => lab?.stop());
  beforeEach(async () => {
    service = await driver.service("ids", { host: "host3", port: "tap-mon3" });
  });
  afterEach(() => driver.destroy());

  /** Sends traffic between the two VMs of host 1, and resolves with what the hosts said to each other on both networks. */
  async function exchange() {
    await learn([web, db]);
    const frames = [...unicast(web, db), ...unicast(db, web)];
    let copies: Buffer[] = [];
    let second: Awaited<ReturnType<typeof watchUnderlay>> = [];
    const first = await watchUnderlay(lab, async () => {
      second = await watchUnderlay(
        lab,
        async () => {
          [copies] = (await received([monitor], async () => {
            await web.send(frames.slice(0, frames.length / 2));
            await db.send(frames.slice(frames.length / 2));
          }, [frames.length])) as [Buffer[]];
        },
        2,
      );
    });
    expectFrames(copies, frames, "copies");
    return { frames, first, second };
  }

  const wires = [
    {
      type: "vxlan",
      udpPort: 5_555,
      carried: (at: Parameters<typeof carriedOnPort>[0]) => carriedOnPort(at, 5_555),
    },
    {
      type: "geneve",
      udpPort: 6_666,
      carried: (at: Parameters<typeof carriedOnPort>[0]) => carriedOnPort(at, 6_666),
    },
    { type: "gre", carried: carriedByGre },
  ] as const;
  const first = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
  const second = ["198.51.100.11", "198.51.100.12", "198.51.100.13"];

  for (const { carried, ...wire } of wires) {
    const port = "udpPort" in wire ? ` on UDP port ${wire.udpPort}` : "";

    for (const mode of ["pair", "mesh"] as const) {
      const members = mode === "pair" ? [0, 2] : [0, 1, 2];
      const hosts = members.map((index) => `host${index + 1}`);

      it(`travel by ${wire.type}${port} only over the second NIC, in a ${mode} whose localIps say so`, async () => {
        await driver.tunnel("tunnel", {
          hosts,
          mode,
          ...wire,
          localIps: members.map((index) => second[index]),
        });
        await driver.flow("web", service, source);
        const { frames, first: nic1, second: nic2 } = await exchange();
        expectTravelled(nic2.map(carried), frames, second);
        expectSilent(nic1);
      });
    }

    it(`travel by ${wire.type}${port} between the hosts' own addresses by default`, async () => {
      await driver.tunnel("tunnel", { hosts: ["host1", "host3"], ...wire });
      await driver.flow("web", service, source);
      const { frames, first: nic1, second: nic2 } = await exchange();
      expectTravelled(nic1.map(carried), frames, first);
      expectSilent(nic2);
    });
  }

  it("use the tunnel that their flow names, even if there are others", async () => {
    const hosts = ["host1", "host3"];
    await driver.tunnel("a", { hosts, udpPort: 5_555 });
    const named = await driver.tunnel("b", { hosts, udpPort: 5_556, localIps: [second[0], second[2]] });
    await driver.flow("web", service, { ...source, tunnel: named.outputs.ref });
    const { frames, first: nic1, second: nic2 } = await exchange();
    expectTravelled(
      nic2.map((at) => carriedOnPort(at, 5_556)),
      frames,
      second,
    );
    expectSilent(nic1);
  });

  it("have the outer type of service and don't-fragment bit that the tunnel sets", async () => {
    await driver.tunnel("tunnel", { hosts: ["host1", "host3"], tos: 0x48, dontFragment: false });
    const flow = await driver.flow("web", service, source);
    const outer = async () => {
      const [at] = await watchUnderlay(lab, () =>
        received([monitor], () => web.send([datagram(web, db)]), [1]),
      );
      const packets = at!.frames.filter((packet) => packet.readUInt8(23) === 17);
      expect(packets).to.have.length(1);
      return { tos: packets[0]!.readUInt8(15), dontFragment: (packets[0]!.readUInt8(20) & 0x40) !== 0 };
    };
    expect(await outer()).to.deep.equal({ tos: 0x48, dontFragment: false });
    await driver.destroy();
    service = await driver.service("ids", { host: "host3", port: "tap-mon3" });
    await driver.flow(flow.name, service, source);
    expect(await outer()).to.deep.equal({ tos: 0, dontFragment: true });
  });

  it("move to it when it is created and back when it is deleted, none lost and none twice", async () => {
    await driver.flow("web", service, source);
    await learn([web, db]);
    const stream = await lab.startStream({ from: web, to: db, watchers: [monitor], pps: 200 });
    const hosts = ["host1", "host3"];
    const pair = await driver.tunnel("pair", { hosts, udpPort: 5_555 });
    const mesh = await driver.tunnel("mesh", { hosts, mode: "mesh", type: "geneve", udpPort: 6_666 });
    await driver.update(pair, { hosts, udpPort: 5_557, localIps: [second[0], second[2]] });
    await driver.delete(pair);
    await driver.delete(mesh);
    const { sent, at } = await stream.stop();
    expect(at.mon3).to.deep.include({ received: sent, lost: [], duplicated: [] });
  });

  /** The frames were seen at host 1's and host 3's card, from the one to the other, and nowhere else. */
  function expectTravelled(
    carried: readonly Carried[][],
    frames: readonly Buffer[],
    addresses: readonly string[],
  ) {
    for (const index of [0, 2]) {
      expectFrames(
        carried[index]!.map(({ frame }) => frame),
        frames,
        `host${index + 1}'s card`,
      );
      for (const { from, to, tunnelId } of carried[index]!) {
        expect([from, to, tunnelId]).to.deep.equal([addresses[0], addresses[2], service.outputs.tunnelId]);
      }
    }
    expect(carried[1]).to.deep.equal([]);
  }

  /** No tunnel of any kind ran there. */
  function expectSilent(captures: readonly { frames: Buffer[] }[]) {
    const packets = captures
      .flatMap(({ frames }) => frames)
      .filter((packet) => [17, 47].includes(packet.readUInt8(23)));
    expect(packets).to.deep.equal([]);
  }
});
