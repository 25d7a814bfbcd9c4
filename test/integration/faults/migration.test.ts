import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { StreamResult } from "../../lab/stream";
import { expectNoMoreLost, plugPorts, RUNS } from "./control";
import { account, Baseline, contextFor } from "./hosts";
import { StackFile, type Wanted } from "./stack";

const PPS = 1_000;

const service = (host: string, port: object | string): Wanted => ({
  kind: "TapService",
  name: "ids",
  args: { host, port },
});
const flow = (name: string, args: object): Wanted => ({
  kind: "TapFlow",
  name,
  args: { service: { ref: "ids" }, ...args },
});
const way = (udpPort: number): Wanted => ({
  kind: "MirrorTunnel",
  name: "way",
  args: { hosts: ["host1", "host2"], udpPort },
});

describe("a tap that moves under 1,000 packets a second loses no more copies than while ports are plugged", function () {
  this.timeout(240_000);
  let lab: Lab;
  let state: string;
  let empty: Baseline;

  before(async () => {
    const vms = [
      { name: "web", host: 1, vlan: 10 },
      { name: "peer", host: 1, vlan: 10 },
      { name: "far", host: 3, vlan: 10 },
      { name: "old", host: 2, vlan: 20 },
      { name: "new", host: 3, vlan: 21 },
    ];
    lab = await startLab({ hosts: 3, vms });
    state = join(lab.directory, "state.json");
    empty = await Baseline.of(lab);
  });

  after(() => lab.stop());

  const stack = () => new StackFile(contextFor(lab), "organization/migration/test", state);

  /** A move: the programs before and after it, and who sees the stream and its copies. */
  interface Move {
    before: Wanted[];
    after: Wanted[];
    to: string;
    watchers: string[];
    /** What became of the copies. */
    copies(result: StreamResult): { lost: number; doubled: number };
  }

  /** Does the work while a stream runs; resolves to what all saw of it. */
  async function during({ to, watchers }: Move, work: () => Promise<void>): Promise<StreamResult> {
    const [from, seen] = [lab.vm("web"), watchers.map((name) => lab.vm(name))];
    const stream = await lab.startStream({ from, to: lab.vm(to), watchers: seen, pps: PPS });
    await work();
    return stream.stop();
  }

  /** Moves several times, each after a control in which ports are plugged instead: the moves lose no more copies. */
  async function expectFewLost(what: string, move: Move): Promise<void> {
    const [lost, control] = [[], []] as [number[], number[]];
    for (let run = 0; run < RUNS; run++) {
      rmSync(state, { force: true });
      await stack().up(move.before);
      control.push(move.copies(await during(move, () => plugPorts(lab.hosts))).lost);
      const moved = await during(move, () => stack().up(move.after));
      await stack().destroy();
      expect(await empty.differences()).to.deep.equal([]);
      for (const name of move.watchers) expect(moved.at[name]!.received, name).to.be.greaterThan(0);
      const copies = move.copies(moved);
      console.log(`      ${what}: ${moved.sent} sent, ${copies.lost} lost, ${copies.doubled} doubled`);
      lost.push(copies.lost);
    }
    account(
      RUNS,
      lost.reduce((sum, one) => sum + one, 0),
      0,
    );
    expectNoMoreLost(lost, control, what, { pps: PPS });
  }

  it("when its source moves", async () => {
    const ids = service("host2", "tap-old");
    // The same frames leave one host by the one port and reach the other host's by the other.
    const before = [ids, flow("web", { host: "host1", port: "tap-web", direction: "egress" })];
    const after = [ids, flow("web", { host: "host3", port: "tap-far", direction: "ingress" })];
    await expectFewLost("source", {
      ...{ before, after, to: "far", watchers: ["old"] },
      copies({ lost, at }) {
        const undelivered = new Set(lost);
        const uncopied = at.old!.lost.filter((frame) => !undelivered.has(frame));
        return { lost: uncopied.length, doubled: at.old!.duplicated.length };
      },
    });
  });

  it("when its monitor moves, and delivers some at both", async () => {
    const web = flow("web", { host: "host1", port: "tap-web", direction: "egress" });
    const before = [service("host2", "tap-old"), web];
    const after = [service("host3", "tap-new"), web];
    await expectFewLost("monitor", {
      ...{ before, after, to: "peer", watchers: ["old", "new"] },
      copies({ sent, at }) {
        const lostAtNew = new Set(at.new!.lost);
        const neither = at.old!.lost.filter((frame) => lostAtNew.has(frame)).length;
        return { lost: neither, doubled: at.old!.received + at.new!.received - sent + neither };
      },
    });
  });

  it("when its tunnel changes", async () => {
    const others = [
      service("host2", "tap-old"),
      flow("web", { host: "host1", port: "tap-web", direction: "egress" }),
    ];
    const [before, after] = [15_001, 15_002].map((port) => [way(port), ...others]) as [Wanted[], Wanted[]];
    await expectFewLost("tunnel", {
      ...{ before, after, to: "peer", watchers: ["old"] },
      copies: ({ at }) => ({ lost: at.old!.lost.length, doubled: at.old!.duplicated.length }),
    });
  });
});

describe("a port or a host that moves by itself", function () {
  this.timeout(120_000);
  const HOSTS = ["host1", "host2", "host3"];
  let lab: Lab;

  beforeEach(async () => {
    const vms = [
      { name: "web", host: 1, vlan: 10, ifaceId: "web" },
      { name: "web3", host: 3, vlan: 10, ifaceId: "web" },
      { name: "db", host: 1, vlan: 11 },
      { name: "peer", host: 1, vlan: 11 },
      { name: "near", host: 1, vlan: 12 },
      { name: "ids", host: 2, vlan: 20 },
    ];
    lab = await startLab({ hosts: 3, vms });
  });

  afterEach(() => lab.stop());

  it("is followed by a refresh and an up, while other taps lose nothing", async () => {
    await lab.vm("web3").unplug();
    const state = join(lab.directory, "state.json");
    const stack = new StackFile(contextFor(lab), "organization/migration/test", state);
    const program = [
      service("host2", "tap-ids"),
      flow("web", { hosts: HOSTS, port: { ifaceId: "web" }, direction: "egress" }),
      { ...service("host1", "tap-near"), name: "near" },
      flow("db", { service: { ref: "near" }, host: "host1", port: "tap-db", direction: "egress" }),
    ];
    await stack.up(program);
    const watchers = [lab.vm("near")];
    const stream = await lab.startStream({ from: lab.vm("db"), to: lab.vm("peer"), watchers, pps: PPS });
    await lab.vm("web").unplug();
    await lab.vm("web3").plug();
    const appeared = performance.now();
    await stack.refresh();
    const web = () => stack.resources.find(({ name }) => name === "web")!.outputs;
    expect(web().status).to.match(/port tap-web3 is now on host host3, not on host1/);
    await stack.up(program);
    const took = Math.round(performance.now() - appeared);
    const { sent, at } = await stream.stop();
    console.log(`      ${took} ms from its appearance to the end of up`);
    account(1, at.near!.lost.length, 0);
    expect(at.near!.received).to.equal(sent);
    await stack.refresh();
    expect(web()).to.include({ status: "active", portName: "tap-web3" });
  });

  it("continues without a host that is declared gone, with a warning", async () => {
    const first = new Driver(lab);
    const ids = await first.service("ids", { host: "host2", port: "tap-ids" });
    const db = await first.flow("db", ids, { host: "host1", port: "tap-db" });
    const web = await first.flow("web", ids, { host: "host3", port: "tap-web3" });
    const mesh = await first.tunnel("mesh", { hosts: HOSTS, mode: "mesh" });
    await lab.host(3).stopSsh();
    const unreachable = await first.read(web).then(
      () => undefined,
      (error) => error,
    );
    expect(unreachable, "a host that cannot be reached is no answer").to.be.an("error");

    const then = new Driver(lab, undefined, { hosts: { host3: { address: "host3", gone: true } } });
    for (const made of [ids, db, web, mesh]) await then.read(made);
    const statuses = [ids, db, web, mesh].map(({ outputs }) => outputs.status);
    expect(statuses).to.deep.equal(["active", "active", "lost (host3 is declared gone)", "active"]);
    const args = { service: ids.outputs.ref, host: "host1", port: "tap-db", direction: "egress" };
    expect(await then.update(db, args)).to.equal(true);
    for (const made of [mesh, web, db, ids]) await then.delete(made);
    expect(then.warnings).to.include("host host3 is declared gone: what was there counts as deleted");
    for (const host of [lab.host(1), lab.host(2)])
      expect(await host.ovs("ovs-vsctl list-br")).not.to.include("br-tap");
    account(1, 0, 0);
  });
});
