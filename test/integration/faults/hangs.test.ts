import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { sampleOf } from "../../sample";
import { Killers } from "./crashes";
import { type Daemon, signalConnections, signalDaemon } from "./harm";
import { account, Baseline, contextFor, viewsOf } from "./hosts";
import { StackFile, type Wanted } from "./stack";
import { diffViews } from "./view";

const STACK = "organization/hangs/test";

/** Seconds that a step on a host may take, and that a silent connection is waited for: a loaded machine needs them on the other hosts. */
const LIMITS = { operationTimeout: 15, connectTimeout: 15 };

const HOSTS = [1, 2, 3];
/** The host that hangs. */
const HUNG = 2;

const servicesOf = (number: number): Wanted => ({
  kind: "TapService",
  name: `ids${number}`,
  args: { host: `host${number}`, port: `tap-ids${number}` },
});
const flowOf = (number: number): Wanted => ({
  kind: "TapFlow",
  name: `web${number}`,
  args: { service: { ref: `ids${number}` }, host: `host${number}`, port: `tap-web${number}` },
});
const program = [...HOSTS.map(servicesOf), ...HOSTS.map(flowOf)];

describe("a host that hangs", function () {
  this.timeout(300_000);
  const killers = new Killers();
  let lab: Lab;
  let state: string;
  let empty: Baseline;
  let undisturbed: string[];

  before(async () => {
    const vms = HOSTS.flatMap((host) => [
      { name: `web${host}`, host },
      { name: `ids${host}`, host },
      { name: `east${host}`, host },
      { name: `west${host}`, host },
    ]);
    lab = await startLab({ hosts: HOSTS.length, vms });
    state = join(lab.directory, "state.json");
    empty = await Baseline.of(lab);
    await up();
    undisturbed = await viewsOf(lab);
    await stack().destroy();
    expect(await empty.differences()).to.deep.equal([]);
  });

  after(async () => {
    killers.stop();
    await lab.stop();
  });

  const stack = () => new StackFile(contextFor(lab), STACK, state);

  /** A run in a process of its own, with an empty state. */
  async function up(): Promise<void> {
    rmSync(state, { force: true });
    const order = {
      sshConfig: lab.sshConfig,
      stack: STACK,
      state,
      program,
      at: 0,
      moment: "before",
    } as const;
    const report = await killers.run(order);
    expect(report!.error).to.equal(undefined);
  }

  const daemon = (name: Daemon) => (host: LabHost, signal: "STOP" | "CONT") =>
    signalDaemon(host, name, signal);

  const hangs = [
    ["ovs-vswitchd", daemon("ovs-vswitchd"), ["vswitchd-not-applying", "openflow-timeout"]],
    ["ovsdb-server", daemon("ovsdb-server"), ["ovsdb-timeout"]],
    ["its SSH connections", signalConnections, ["connection-lost", "ovsdb-closed", "ovsdb-timeout"]],
  ] as const;
  for (const [what, hang, codes] of sampleOf(hangs, 2)) {
    it(`(${what}) fails what is to be done there, naming it, and nothing elsewhere; the next run finishes`, async () => {
      const driver = new Driver(lab, STACK, LIMITS);
      const made = await Promise.all(HOSTS.map((number) => make(driver, servicesOf(number))));
      const host = lab.host(HUNG);
      const streams = await Promise.all(
        HOSTS.filter((number) => number !== HUNG).map((number) =>
          lab.startStream({ from: lab.vm(`east${number}`), to: lab.vm(`west${number}`), pps: 200 }),
        ),
      );
      await hang(host, "STOP");
      const results = await Promise.allSettled(
        HOSTS.map((number, index) => make(driver, flowOf(number), made[index])),
      ).finally(() => hang(host, "CONT"));
      const counts = await Promise.all(streams.map((stream) => stream.stop()));
      const failed = results.filter((result) => result.status === "rejected");
      expect(failed).to.have.length(1);
      const error = failed[0]!.reason as TaasError;
      expect(codes as readonly string[], error.message).to.include(error.code);
      expect(error.message).to.contain(`host ${host.name}: `);

      await up();
      expect(diffViews(undisturbed, await viewsOf(lab))).to.deep.equal([]);
      await stack().destroy();
      expect(await empty.differences()).to.deep.equal([]);
      const lost = counts.map((count) => count.lost.length).reduce((sum, each) => sum + each, 0);
      const sent = counts.map((count) => count.sent).reduce((sum, each) => sum + each, 0);
      account(1, lost, 0);
      expect(lost).to.be.at.most(sent / 1000);
    });
  }
});

function make(driver: Driver, { kind, name, args }: Wanted, service?: Made): Promise<Made> {
  return driver.create(kind, name, service === undefined ? args : { ...args, service: service.outputs.ref });
}
