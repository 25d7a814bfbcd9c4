import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { expectNoMoreLost, plugPorts, RUNS } from "../faults/control";

/** Milliseconds that the stream runs before and after an operation. */
const MARGIN = 150;

interface Lost {
  /** Between two hosts, both directions together. */
  across: number;
  /** Between two VMs of the host. */
  beside: number;
}

describe("the tapped VM's own traffic, at 1,000 packets a second", function () {
  this.timeout(120_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;
  let near: Vm;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "near", host: 1 },
        { name: "db", host: 2 },
        { name: "mon1", host: 1 },
        { name: "mon3", host: 3 },
      ],
    });
    driver = new Driver(lab);
    [web, db, near] = [lab.vm("web"), lab.vm("db"), lab.vm("near")];
  });
  after(() => lab?.stop());

  /** How many packets are lost around an operation: between hosts, to and fro, and between neighbours. */
  async function lostDuring(operation: () => Promise<unknown>): Promise<Lost> {
    const ends = [
      { from: web, to: db },
      { from: db, to: web },
      { from: near, to: web },
    ];
    const streams = await Promise.all(ends.map((each) => lab.startStream(each)));
    await setTimeout(MARGIN);
    await operation();
    await setTimeout(MARGIN);
    const results = await Promise.all(streams.map((stream) => stream.stop()));
    for (const { duplicated } of results) expect(duplicated).to.deep.equal([]);
    const [there, back, beside] = results.map(({ lost }) => lost.length) as [number, number, number];
    return { across: there + back, beside };
  }

  for (const { monitor, host, where } of [
    { monitor: "mon1", host: "host1", where: "its own" },
    { monitor: "mon3", host: "host3", where: "another" },
  ]) {
    it(`loses no more when a tap into a monitor on ${where} host is created, changed and deleted than when ports are plugged`, async () => {
      const source = { host: "host1", port: "tap-web" };
      const lost = { control: [], create: [], update: [], delete: [] } as Record<string, Lost[]>;
      for (let run = 0; run < RUNS; run++) {
        lost.control!.push(await lostDuring(() => plugPorts([lab.host(1)])));
        let made: { service: Made; flow: Made } | undefined;
        const create = async () => {
          const service = await driver.service("ids", { host, port: `tap-${monitor}` });
          made = { service, flow: await driver.flow("web", service, source) };
        };
        lost.create!.push(await lostDuring(create));
        const { service, flow } = made!;
        const args = { service: service.outputs.ref, ...source, direction: "egress" };
        lost.update!.push(await lostDuring(() => driver.update(flow, args)));
        lost.delete!.push(await lostDuring(() => driver.destroy()));
      }
      for (const operation of ["create", "update", "delete"]) {
        for (const where of ["across", "beside"] as const) {
          const [own, control] = [lost[operation]!, lost.control!].map((each) =>
            each.map((one) => one[where]),
          );
          const pps = where === "across" ? 2_000 : 1_000;
          expectNoMoreLost(own!, control!, `${operation}, ${where}`, { pps });
        }
      }
    });
  }
});
