import { expect } from "chai";
import { Driver } from "../../driver/driver";
import type { Collector } from "../../lab/collector";
import { giveIpv6, ipv6Of, requireIpv6 } from "../../lab/ipv6";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { requireProgram } from "../../lacking";
import { datagram, expectFrames, flooded, learn, tagged, unicast } from "../copies/traffic";
import { decapsulate, decapsulateAll, type Encapsulated } from "./encapsulation";
import { dissect } from "./tshark";

interface Case {
  name: string;
  args: Record<string, unknown>;
  kind: Encapsulated["kind"];
  /** Keys of the copies of what the VM is sent, and of what it sends. */
  keys: { ingress: number; egress: number };
}

const ID = 0xabcde;
const SESSION = 1 + (ID % 1_023);

const PORTS = { 5555: "vxlan" } as const;

/** Where tshark shows the key. */
const KEY_FIELD = {
  gre: "gre.key",
  erspan1: "erspan.spanid",
  erspan2: "erspan.spanid",
  vxlan: "vxlan.vni",
  geneve: "geneve.vni",
} as const;

function same(key: number) {
  return { ingress: key, egress: key };
}

/** Leaves room for the largest headers: ERSPAN 2 over IPv6. */
const MTU = 1_400;

const two = { ingress: 7, egress: 1_023 };
const cases: Case[] = [
  { name: "GRE", args: { type: "gre" }, kind: "gre", keys: same(ID) },
  { name: "GRE with key 0", args: { type: "gre", key: 0 }, kind: "gre", keys: same(0) },
  { name: "GRE with two keys", args: { type: "gre", keys: two }, kind: "gre", keys: two },
  { name: "ERSPAN", args: { type: "erspan" }, kind: "erspan1", keys: same(SESSION) },
  { name: "ERSPAN with two keys", args: { type: "erspan", keys: two }, kind: "erspan1", keys: two },
  { name: "ERSPAN 2", args: { type: "erspan", erspanVersion: 2, key: 5 }, kind: "erspan2", keys: same(5) },
  {
    name: "ERSPAN 2 with two keys",
    args: { type: "erspan", erspanVersion: 2, keys: two },
    kind: "erspan2",
    keys: two,
  },
  { name: "VXLAN", args: { type: "vxlan", key: 0xffffff }, kind: "vxlan", keys: same(0xffffff) },
  {
    name: "VXLAN on another port, with two keys",
    args: { type: "vxlan", udpPort: 5_555, keys: two },
    kind: "vxlan",
    keys: two,
  },
  { name: "Geneve", args: { type: "geneve" }, kind: "geneve", keys: same(ID) },
];

describe("a collector outside the cloud", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let collector: Collector;
  let web: Vm;
  let db: Vm;
  let trunk: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, mtu: MTU },
        { name: "db", host: 1, mtu: MTU },
        { name: "trunk", host: 1, trunk: [10], mtu: MTU },
      ],
    });
    driver = new Driver(lab);
    collector = await lab.addCollector();
    await giveIpv6(lab.hosts);
    [web, db, trunk] = [lab.vm("web"), lab.vm("db"), lab.vm("trunk")];
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  async function tap(args: object, host: unknown, port: string): Promise<void> {
    const service = await driver.service("ids", { collector: args, tunnelId: ID });
    await driver.flow(port, service, { host, port });
  }

  /** The copies that reach the collector while frames are sent, and what the other host's card sees of it. */
  async function collect(send: () => Promise<unknown>, frames: number) {
    const [capture, bystander] = await Promise.all([collector.capture(), lab.host(2).captureUnderlay()]);
    await send();
    await capture.settle({ frames });
    await capture.settle();
    const packets = (await capture.stop()).filter((packet) => decapsulate(packet, PORTS) !== undefined);
    const seen = await bystander.stop();
    expect(decapsulateAll(seen).filter(({ to }) => to !== lab.host(2).address)).to.deep.equal([]);
    return packets;
  }

  for (const version of ["IPv4", "IPv6"] as const) {
    for (const { name, args, kind, keys } of cases) {
      it(`gets copies by ${name} over ${version}, byte for byte, with key and direction`, async function () {
        const six = version === "IPv6";
        if (six) requireIpv6(this);
        const host = six ? { address: "host1", tunnelIp: ipv6Of(lab.host(1)) } : "host1";
        const address = six ? collector.address6 : collector.address;
        await tap({ ...args, address }, host, "tap-web");
        await learn([web, db]);
        const egress = [...unicast(web, db), ...flooded(web)];
        const ingress = [...unicast(db, web), ...flooded(db)];
        const send = async () => {
          await web.send(egress);
          await db.send(ingress);
        };
        const packets = await collect(send, egress.length + ingress.length);
        const copies = decapsulateAll(packets, PORTS);
        expect(copies.length).to.equal(egress.length + ingress.length);
        for (const [direction, frames] of Object.entries({ egress, ingress }) as ["egress", Buffer[]][]) {
          const sent = frames.map((frame) => frame.toString("hex"));
          const mine = copies.filter(({ frame }) => sent.includes(frame.toString("hex")));
          expectFrames(
            mine.map(({ frame }) => frame),
            frames,
            direction,
          );
          for (const copy of mine) {
            const from = six ? ipv6Of(lab.host(1)) : lab.host(1).address;
            expect([copy.kind, copy.from, copy.to, copy.key]).to.deep.equal([
              kind,
              from,
              address,
              keys[direction],
            ]);
            if (kind === "erspan2") expect(copy.direction).to.equal(direction);
            if (!six) expect(copy.dontFragment).to.equal(true);
          }
        }
      });
    }
  }

  it("gets the tags of a trunk port and none of an access port", async () => {
    await tap({ type: "erspan", address: collector.address }, "host1", "tap-web");
    const service = await driver.service("trunk", {
      collector: { type: "gre", address: collector.address, key: 9 },
    });
    await driver.flow("trunk", service, { host: "host1", port: "tap-trunk" });
    await learn([web, db]);
    const frames = unicast(web, trunk);
    const copies = decapsulateAll(await collect(() => web.send(frames), 2 * frames.length));
    const of = (kind: string) => copies.filter((copy) => copy.kind === kind).map(({ frame }) => frame);
    expectFrames(of("erspan1"), frames, "access");
    expectFrames(
      of("gre"),
      frames.map((frame) => tagged(frame, 10)),
      "trunk",
    );
  });

  it("is sent what tshark decodes to the frame with its key and direction", async function () {
    requireProgram(this, "tshark");
    const standard = cases
      .filter(({ args }) => args.udpPort === undefined)
      .flatMap((one) => [
        { ...one, direction: "egress" as const },
        { ...one, direction: "ingress" as const },
      ]);
    await learn([web, db]);
    const packets: Buffer[] = [];
    for (const { args, direction } of standard) {
      await tap({ ...args, address: collector.address }, "host1", "tap-web");
      const [from, to] = direction === "egress" ? [web, db] : [db, web];
      packets.push(...(await collect(() => from.send([datagram(from, to)]), 1)));
      await driver.destroy();
    }
    const dissected = await dissect(packets);
    expect(dissected).to.have.length(standard.length);
    for (const [index, { kind, keys, name, direction }] of standard.entries()) {
      const seen = dissected[index]!;
      const from = direction === "egress" ? web : db;
      const { frame } = decapsulate(packets[index]!)!;
      expect(seen["eth.src"], name).to.deep.equal([lab.host(1).nics[0]!.mac, from.mac]);
      expect(seen["data.data"], name).to.deep.equal([frame.subarray(42).toString("hex")]);
      const key = seen[KEY_FIELD[kind]].map(Number);
      expect(key, name).to.deep.equal([keys[direction]]);
      const bit = direction === "egress" ? "1" : "0";
      if (kind === "erspan2") expect(seen["erspan.direction"], name).to.deep.equal([bit]);
    }
  });
});
