import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { all, between, expectFrames, learn, received } from "../copies/traffic";
import { Baseline } from "../faults/hosts";
import { type Conversation, conversations, portless } from "./conversations";

const SLICE = 60;
/** What ovs-vswitchd draws anew at each start for ports of others. */
const DRAWN = / mac_in_use: /;
/** Conversations that begin at once: each is new to Open vSwitch, and too many would overtax a machine under load. */
const AT_ONCE = 25;

describe("a sample of one conversation in four", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon" | "ids1" | "ids2", Vm>;
  let clean: Baseline;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon", host: 2 },
        { name: "ids1", host: 1 },
        { name: "ids2", host: 1 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    clean = await Baseline.of(lab);
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    const left = await clean.differences();
    expect(left.filter((line) => !DRAWN.test(line))).to.deep.equal([]);
  });

  const framesOf = (talks: readonly Conversation[]) => talks.flatMap(({ there, back }) => [there, back]);
  const sample = { host: "host1", port: "tap-web", sampling: { oneIn: 4 } };

  /** Lets web and db talk, some at a time; production is whole, and what each monitor gets is the answer. */
  async function talk(talks: readonly Conversation[], at: readonly Vm[]): Promise<Buffer[][]> {
    const captures = await Promise.all([vm.web, vm.db, ...at].map((each) => each.capture()));
    const [toWeb, toDb] = captures;
    for (let sent = 0; sent < talks.length; ) {
      const some = talks.slice(sent, sent + AT_ONCE);
      await Promise.all([
        vm.web.send(some.map(({ there }) => there)),
        vm.db.send(some.map(({ back }) => back)),
      ]);
      sent += some.length;
      await Promise.all([toWeb, toDb].map((capture) => capture!.settle({ frames: sent })));
    }
    const [web, db, ...copies] = await Promise.all(captures.map((capture) => all(capture)));
    expectFrames([...web!, ...db!], framesOf(talks), "production");
    return copies;
  }

  /** The conversations that are copied, each whole in both directions, cut to so many bytes. */
  function chosenOf(talks: readonly Conversation[], copies: readonly Buffer[], length = 65_535): boolean[] {
    const came = new Set(copies.map((frame) => frame.toString("hex")));
    const isThere = (frame: Buffer) => came.has(frame.subarray(0, length).toString("hex"));
    const chosen = talks.map(({ there }) => isThere(there));
    const expected = framesOf(talks.filter((_, index) => chosen[index]));
    expectFrames(
      copies,
      expected.map((frame) => frame.subarray(0, length)),
      "copies",
    );
    return chosen;
  }

  const count = (chosen: readonly boolean[]) => chosen.filter(Boolean).length;
  const statusOf = async (made: Made) => {
    await driver.read(made);
    return made.outputs.status;
  };

  it("has each conversation whole or not at all, and the same ones after a restart and on another host", async () => {
    const service = await driver.service("ids", { host: "host2", port: "tap-mon" });
    const flow = await driver.flow("web", service, sample);
    await learn([vm.web, vm.db]);
    const talks = conversations(vm.web, vm.db, 100);
    const chosen = chosenOf(talks, (await talk(talks, [vm.mon]))[0]!);
    expect(count(chosen), "of 400").to.be.within(70, 130);
    await lab.host(1).restartVswitchd();
    expect(await statusOf(flow)).to.match(/^drifted: .*missing rule .*multipath\(symmetric_l3l4\+udp,/);
    await driver.update(flow, { service: service.outputs.ref, ...sample });
    await learn([vm.web, vm.db]);
    const again = conversations(vm.web, vm.db, 100);
    expect(chosenOf(again, (await talk(again, [vm.mon]))[0]!)).to.deep.equal(chosen);
    // A larger divisor takes a part of the same conversations.
    await driver.update(flow, { service: service.outputs.ref, ...sample, sampling: { oneIn: 8 } });
    await learn([vm.web, vm.db]);
    const fewer = chosenOf(again, (await talk(again, [vm.mon]))[0]!);
    expect(count(fewer)).to.be.within(25, 75);
    expect(fewer.every((is, index) => !is || chosen[index])).to.equal(true);
  });

  it("is taken before the cap, and combines with a filter, a slice and monitors that share the copies", async () => {
    const service = await driver.service("ids", {
      ...{ host: "host1", ports: ["tap-ids1", "tap-ids2"], distribution: "hash" },
    });
    const flow = await driver.flow("web", service, {
      ...sample,
      filter: "tcp or arp",
      snapLength: SLICE,
      rateLimit: { packetsPerSecond: 1, burst: 400 },
    });
    expect(flow.outputs.rules).to.deep.include(
      "br-tap table=1,in_port=tap-web sample: one conversation in 4",
    );
    expect(await statusOf(flow)).to.equal("active");
    await learn([vm.web, vm.db]);
    const talks = conversations(vm.web, vm.db, 200);
    const tcp = talks.filter((_, index) => Math.floor(index / 200) % 2 === 0);
    const at = await talk(talks, [vm.ids1, vm.ids2]);
    const chosen = chosenOf(tcp, at.flat(), SLICE);
    expect(count(chosen), "of 400 conversations, 800 frames, under a cap of 400").to.be.within(70, 130);
    for (const frames of at) expect(frames.length % 2, "both directions at one monitor").to.equal(0);
    for (const frames of at) expect(frames.length / 2).to.be.above(count(chosen) / 4);
  });

  it("has all frames without an IP header, and each datagram in fragments whole or not at all", async () => {
    const service = await driver.service("ids", { host: "host2", port: "tap-mon" });
    await driver.flow("web", service, sample);
    await learn([vm.web, vm.db]);
    const [, arps] = portless(vm.web, vm.db);
    const datagrams = Array.from({ length: 60 }, (_, index): Conversation => {
      const header = { ...between(vm.web, vm.db), destinationIp: `198.51.100.${100 + index}`, id: index };
      const part = (fragment: number) =>
        udp({
          ...header,
          sourcePort: 7,
          destinationPort: 9,
          payload: Buffer.alloc(64, `${index}`),
          fragment,
        });
      return { there: part(0x2000), back: part(9) };
    });
    const parts = framesOf(datagrams);
    const [copies] = await received([vm.mon], () => vm.web.send([...framesOf([arps!]), ...parts]));
    const chosen = chosenOf([arps!, ...datagrams], copies!);
    expect(chosen[0], "ARP").to.equal(true);
    expect(count(chosen), "of 60 datagrams and ARP").to.be.within(5, 29);
  });
});
