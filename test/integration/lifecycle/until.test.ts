import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { Stream } from "../../lab/stream";
import type { Vm } from "../../lab/vm";
import { broadcast, expectFrames, learn, received } from "../copies/traffic";
import { Baseline } from "../faults/hosts";
import { FOLDER } from "../faults/keeperProcess";
import { setAhead } from "./clock";

const HOUR = 3600;
/** Milliseconds by which copies may end before or after their time. */
const EXACTNESS = 1000;

describe("a tap with an end", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon" | "ids", Vm>;
  let clean: Baseline;

  const later = (ms: number) => new Date(Date.now() + ms).toISOString();
  const statusOf = async (made: Made) => {
    await driver.read(made);
    return made.outputs.status;
  };
  /** The rules of a host with a hard timeout, each with its seconds and its age. */
  const timed = async (host: number) => {
    const dump = await lab.host(host).ovs("ovs-ofctl -O OpenFlow14 --no-names dump-flows br-tap");
    const lines = dump.split("\n").filter((line) => line.includes("hard_timeout="));
    return lines.map((line) => ({
      seconds: Number(/hard_timeout=(\d+)/.exec(line)![1]),
      age: Number(/duration=([\d.]+)s/.exec(line)![1]),
    }));
  };

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [...["web", "db", "ids"].map((name) => ({ name, host: 1 })), { name: "mon", host: 2 }],
    });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    driver = new Driver(lab);
    clean = await Baseline.of(lab);
  });
  after(() => lab?.stop());

  it("ends within a second of its time by Open vSwitch alone, and the next operation of another stack leaves no trace of it", async () => {
    const into = { host: "host2", port: "tap-mon" };
    const service = await driver.service("ids", into);
    await learn([vm.web, vm.db]);
    const [copies, production] = [await vm.mon.capture(), await vm.db.capture()];
    const stream = await Stream.start({ from: vm.web, to: vm.db, pps: 100 });
    const until = later(5000);
    const args = { host: "host1", port: "tap-web", rateLimit: { packetsPerSecond: 5000 }, until };
    const flow = await driver.flow("web", service, args);
    expect(flow.outputs.status).to.equal("active");
    expect(flow.outputs.rules).to.include(`br-tap table=0,in_port=tap-web ends ${until}`);
    const ports = lab.hosts.map(({ sshPort }) => sshPort);
    for (const host of lab.hosts) await host.stopSsh();
    await sleep(Date.parse(until) - Date.now() + 2 * EXACTNESS);
    await stream.stop();
    const last = ({ captured }: typeof copies) => Number(captured.at(-1)!.time / 1_000_000n);
    expect(copies.captured.length).to.be.above(100);
    expect(last(copies) - Date.parse(until), "milliseconds after its time").to.be.within(
      -EXACTNESS,
      EXACTNESS,
    );
    expect(last(production)).to.be.above(Date.parse(until) + EXACTNESS);
    await Promise.all([copies.stop(), production.stop()]);
    for (const [index, host] of lab.hosts.entries()) await host.startSsh(ports[index]!);

    const others = new Driver(lab, "organization/others/test");
    const watch = await others.service("watch", { host: "host1", port: "tap-ids" });
    await others.flow("db", watch, { host: "host1", port: "tap-db" });
    await others.destroy();
    const left = await clean.differences();
    expect(left.filter((line) => line.startsWith("host1 "))).to.deep.equal([]);

    expect(await statusOf(flow)).to.equal("ended (left on host2)");
    const again = { service: service.outputs.ref, ...args };
    expect(await driver.update(flow, again), "what is left is deleted").to.equal(true);
    expect(await statusOf(flow)).to.equal("ended");
    expect(await driver.update(flow, again), "it is over").to.equal(false);
    await driver.delete(service);
    expect(await clean.differences()).to.deep.equal([]);
    await driver.delete(flow);
    expect(await clean.differences()).to.deep.equal([]);
  });

  it("is a change of its program once, when its time has come, and taps again when the time is extended", async () => {
    const service = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const args = { service: service.outputs.ref, host: "host1", port: "tap-web", sampling: { oneIn: 1 } };
    const until = later(1500);
    const flow = await driver.flow("web", service, { ...args, until });
    await sleep(Date.parse(until) - Date.now() + 100);
    expect(await driver.update(flow, { ...args, until })).to.equal(true);
    expect(flow.outputs.status).to.equal("ended");
    expect(await timed(1)).to.deep.equal([]);
    expect(await driver.update(flow, { ...args, until })).to.equal(false);
    expect(await driver.update(flow, { ...args, until: later(3_600_000) })).to.equal(true);
    expect(await statusOf(flow)).to.equal("active");
    const [rule] = await timed(1);
    expect(rule!.seconds).to.be.within(3590, 3600);
    await driver.destroy();
    expect(await clean.differences()).to.deep.equal([]);
  });

  it("does not end others of its service, is not rewritten by an operation, and is drift if somebody changes it", async () => {
    const service = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const into = { service: service.outputs.ref, host: "host1" };
    const web = await driver.flow("web", service, { ...into, port: "tap-web", until: later(3_600_000) });
    const db = await driver.flow("db", service, { ...into, port: "tap-db" });
    const [before] = await timed(1);
    await sleep(2100);
    await driver.update(db, { ...into, port: "tap-db", direction: "egress" });
    const after = await timed(1);
    expect(after).to.have.length(1);
    expect(after[0]!.seconds).to.equal(before!.seconds);
    expect(after[0]!.age, "the rule is the same").to.be.above(before!.age + 2);
    const endless = `$(ovs-ofctl -O OpenFlow14 --no-names --no-stats dump-flows br-tap table=0 | sed -n 's/hard_timeout=[0-9]*, *//p')`;
    await lab.host(1).ovs(`ovs-ofctl -O OpenFlow14 add-flow br-tap "${endless}"`);
    expect(await timed(1)).to.deep.equal([]);
    expect(await statusOf(web)).to.match(/^drifted: .*missing rule on br-tap: .*hard_timeout=/);
    expect(await statusOf(db)).to.equal("active");
    await driver.update(web, web.inputs);
    expect(await statusOf(web)).to.equal("active");
    expect(await timed(1)).to.have.length(1);
    await driver.destroy();
  });

  const repairs = {
    "over OpenFlow": {},
    "by commands": { sudo: "always" },
    "by the keeper": { keeper: true },
  } as const;
  for (const [by, option] of Object.entries(repairs))
    it(`ends at its time although somebody altered its rule, which was written again ${by}`, async () => {
      const hosts = { host1: { address: "host1", ...option } };
      const own = new Driver(lab, undefined, { hosts });
      const service = await own.service("ids", { host: "host1", port: "tap-ids" });
      const until = later(HOUR * 1000);
      const web = await own.flow("web", service, { host: "host1", port: "tap-web", until });
      await sleep(5000);
      await lab.host(1).ovs(`
port=$(ovs-ofctl -O OpenFlow14 --no-names dump-flows br-tap | sed -n 's/.*hard_timeout=.*in_port=\\([0-9]*\\) .*/\\1/p')
ovs-ofctl -O OpenFlow14 --strict mod-flows br-tap "table=0,priority=100,in_port=$port,actions=drop"`);
      if (by === "by the keeper") await lab.host(1).ovs(`sh ${FOLDER}/taas-keeper once`);
      else {
        await own.read(web);
        expect(web.outputs.status).to.match(/^drifted: .*unexpected rule on br-tap: .*actions=drop/);
        await own.update(web, web.inputs);
      }
      const [rule, ...others] = await timed(1);
      const left = (Date.parse(until) - Date.now()) / 1000;
      expect(rule!.age, "written again").to.be.below(5);
      expect(rule!.seconds - rule!.age).to.be.within(left - 2, left + 1);
      expect(others).to.deep.equal([]);
      const reader = new Driver(lab, undefined, { hosts });
      await reader.read(web);
      expect(web.outputs.status).to.equal("active");
      await own.destroy();
      expect(await clean.differences()).to.deep.equal([]);
    });

  it("is not ended by an operation at its monitor's host, whose clock is ahead, and ends there by the right one", async () => {
    const others = new Driver(lab, "organization/others/test");
    const service = await driver.service("ids", { host: "host2", port: "tap-mon" });
    const until = later(HOUR * 1000);
    const web = await driver.flow("web", service, {
      host: "host1",
      port: "tap-web",
      direction: "egress",
      until,
    });
    try {
      await setAhead(lab.host(2), 2 * HOUR);
      await others.tunnel("way", { hosts: ["host1", "host2"], udpPort: 15000 });
      const frames = [1, 2, 3].map(() => broadcast(vm.web));
      const [copies] = await received([vm.mon], () => vm.web.send(frames), [frames.length]);
      expectFrames(copies!, frames, "copies");
      const reader = new Driver(lab);
      await reader.read(web);
      expect(web.outputs.status).to.equal("active");
      await others.destroy();
    } finally {
      await setAhead(lab.host(2), 0);
    }
    await driver.destroy();
    expect(await clean.differences()).to.deep.equal([]);
  });

  it("is counted by Open vSwitch from 18 hours before it on where a keeper is, and copies go on until then", async () => {
    const kept = new Driver(lab, undefined, { hosts: { host1: { address: "host1", keeper: true } } });
    const [host] = lab.hosts as [LabHost];
    const keep = () => host.ovs(`sh ${FOLDER}/taas-keeper once`);
    const service = await kept.service("ids", { host: "host1", port: "tap-ids" });
    const until = later(19 * HOUR * 1000);
    const web = await kept.flow("web", service, {
      host: "host1",
      port: "tap-web",
      direction: "egress",
      until,
    });
    expect(kept.warnings).to.deep.equal([]);
    const secondsOf = async () => (await timed(1)).map(({ seconds }) => seconds);
    const copied = async (count: number) => {
      const frames = Array.from({ length: 3 }, () => broadcast(vm.web));
      const [copies] = await received([vm.ids], () => vm.web.send(frames), [count]);
      expectFrames(copies!, frames.slice(0, count), "copies");
    };
    try {
      await keep();
      expect(await secondsOf()).to.deep.equal([]);
      await setAhead(host, HOUR + 600);
      await keep();
      const [left, ...more] = await secondsOf();
      expect(left).to.be.within(18 * HOUR - 660, 18 * HOUR - 595);
      expect(more).to.deep.equal([]);
      await keep();
      expect(await secondsOf(), "as it was written").to.deep.equal([left]);
      await copied(3);
      const end = Date.now() + 5000;
      await setAhead(host, (Date.parse(until) - end) / 1000);
      await keep();
      expect((await secondsOf())[0]).to.be.within(1, 5);
      await sleep(end + EXACTNESS - Date.now());
      expect(await secondsOf()).to.deep.equal([]);
      await copied(0);
      await keep();
      expect(await secondsOf(), "nothing is put back").to.deep.equal([]);
      const reader = new Driver(lab);
      await reader.read(web);
      expect(web.outputs.status).to.equal("ended (left on host1)");
    } finally {
      await setAhead(host, 0);
    }
    await kept.destroy();
    expect(await clean.differences()).to.deep.equal([]);
  });

  it("has no timeout while more than 18 hours are left, and warns of it", async () => {
    const service = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const args = { host: "host1", port: "tap-web", until: later(19 * 3_600_000) };
    const web = await driver.flow("web", service, args);
    expect(await timed(1)).to.deep.equal([]);
    expect(driver.warnings.join()).to.match(/host host1: Open vSwitch can end a tap at most 18 hours ahead/);
    expect(await statusOf(web)).to.equal("active");
    await driver.destroy();
    expect(await clean.differences()).to.deep.equal([]);
  });
});
