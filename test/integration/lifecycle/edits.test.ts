import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { expectNoMoreLost, plugPorts, RUNS } from "../faults/control";

/** Milliseconds of the stream before and after each edit, in which a gap of the edit's making would show. */
const MARGIN = 200;

/** Packets a second of the stream. */
const PPS = 400;

/** Does work in turn, with a margin before and after each piece. */
async function doneInTurn(pieces: readonly (() => Promise<unknown>)[]): Promise<void> {
  await sleep(MARGIN);
  for (const piece of pieces) {
    await piece();
    await sleep(MARGIN);
  }
}

describe("an edit under traffic duplicates no copy and loses no more than while ports are plugged,", function () {
  this.timeout(180_000);
  let lab: Lab;
  let driver: Driver;
  let far: Made;
  let near: Made;
  let flow: Made;
  let args: Record<string, unknown>;
  /** Copies that are lost while ports are plugged, a number each time. */
  const control: number[] = [];

  before(async () => {
    const vms = [
      { name: "web", host: 1, vlan: 11 },
      { name: "peer", host: 1, vlan: 11 },
      { name: "other", host: 1, vlan: 12 },
      { name: "near", host: 1, vlan: 13 },
      { name: "far", host: 2, vlan: 14 },
      { name: "far2", host: 2, vlan: 15 },
    ];
    lab = await startLab({ hosts: 2, vms });
    driver = new Driver(lab);
    far = await driver.service("far", { host: "host2", port: "tap-far" });
    near = await driver.service("near", { host: "host1", port: "tap-near" });
    args = { service: far.outputs.ref, host: "host1", port: "tap-web", direction: "egress" };
    flow = await driver.create("TapFlow", "web", args);
    for (let run = 0; run < RUNS; run++) control.push(await lostDuring([() => plugPorts(lab.hosts)]));
  });

  after(() => lab.stop());

  /**
   * Does the edits under a tapped stream, one after the other, of which no frame may be seen twice. Resolves to how many
   * frames no monitor saw.
   */
  async function lostDuring(edits: readonly (() => Promise<unknown>)[]): Promise<number> {
    const watchers = ["near", "far", "far2"].map((name) => lab.vm(name));
    const stream = await lab.startStream({ from: lab.vm("web"), to: lab.vm("peer"), watchers, pps: PPS });
    const error = await doneInTurn(edits).catch((reason) => reason);
    const result = await stream.stop();
    if (error instanceof Error) throw error;
    expect(result.lost, "lost by production").to.deep.equal([]);
    const counts = watchers.map(({ name }) => result.at[name]!);
    const lost = counts.map((count) => new Set(count.lost));
    const frames = Array.from({ length: result.sent }, (_, frame) => frame);
    const copies = (frame: number) => lost.filter((missed) => !missed.has(frame)).length;
    expect(
      frames.filter((frame) => copies(frame) > 1),
      "seen by two",
    ).to.deep.equal([]);
    expect(
      counts.flatMap(({ duplicated }) => duplicated),
      "seen twice",
    ).to.deep.equal([]);
    expect(result.sent).to.be.greaterThan(0);
    return frames.filter((frame) => copies(frame) === 0).length;
  }

  /** Does edits, which end where they began, several times: no more copies are lost than while ports are plugged. */
  async function expectFewLost(edits: readonly (() => Promise<unknown>)[]): Promise<void> {
    const lost: number[] = [];
    for (let run = 0; run < RUNS; run++) lost.push(await lostDuring(edits));
    expectNoMoreLost(lost, control, "edits", { pps: PPS });
  }

  const edit = (more: Record<string, unknown>) => async () => {
    args = { ...args, ...more };
    expect(await driver.update(flow, args)).to.equal(true);
  };

  it("where both the old and the new filter of a flow accept it", () =>
    expectFewLost([
      edit({ filter: [{ action: "accept", protocol: "udp" }] }),
      edit({ filter: [{ action: "accept", protocol: "udp", destinationPort: "5000-5010" }] }),
      edit({ filter: undefined }),
    ]));

  it("where a flow has other counters, another slice and another direction", () =>
    expectFewLost([
      edit({ counters: "own" }),
      edit({ counters: "shared", snapLength: 100 }),
      edit({ snapLength: undefined, direction: "both" }),
      edit({ direction: "egress" }),
    ]));

  it("where a flow moves to another service, here or there", () =>
    expectFewLost([edit({ service: near.outputs.ref }), edit({ service: far.outputs.ref })]));

  it("where a service has another monitor", () => {
    const monitor = (port: string) => () => driver.update(far, { host: "host2", port });
    return expectFewLost([monitor("tap-far2"), monitor("tap-far")]);
  });

  it("where a service has another tunnel id, although its flows follow later", () => {
    const first = far.outputs.tunnelId as number;
    const become = (tunnelId: number) => [
      () => driver.update(far, { host: "host2", port: "tap-far", tunnelId }),
      () => edit({ service: far.outputs.ref })(),
    ];
    return expectFewLost([...become(first + 1), ...become(first)]);
  });

  it("where other flows of the same group are created, changed and deleted", async () => {
    const other = { service: far.outputs.ref, host: "host1", port: "tap-other" };
    await expectFewLost([
      async () => {
        const made = await driver.create("TapFlow", "other", other);
        await driver.update(made, { ...other, direction: "ingress" });
        await driver.update(made, { ...other, enabled: false });
        await driver.delete(made);
      },
    ]);
  });

  it("and leaves nothing behind", async () => {
    await driver.destroy();
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
