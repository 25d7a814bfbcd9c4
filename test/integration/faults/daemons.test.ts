import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { isWhole, sampleOf } from "../../sample";
import { Killers } from "./crashes";
import { crashOvsdbServer, crashVswitchd, pinPortNumbers, signalConnections } from "./harm";
import { account, Baseline, contextFor, viewsOf } from "./hosts";
import type { Moment, Order, Report } from "./killer";
import { StackFile, type Wanted } from "./stack";
import { diffViews } from "./view";

const STACK = "organization/daemons/test";

/** Seconds that one step on a host may take: much for a loaded machine, little for a test that waits for its end. */
const OPERATION_TIMEOUT = 8;

/** Share of the production stream's frames that a loaded machine may lose without any fault. */
const NOISE = 0.001;

/** What ovs-vswitchd draws anew at each start for ports of others: no operation has a part in it. */
const DRAWN = /"mac_in_use":"[^"]*",|^.* mac_in_use: .*$/;

/** Milliseconds after an interrupt at which the engine kills a provider. */
const ENGINE_PATIENCE = 5000;

const VMS = [
  { name: "web", host: 1 },
  { name: "ids", host: 2 },
  { name: "app", host: 2 },
  { name: "east", host: 1 },
  { name: "west", host: 1 },
];

const program: Wanted[] = [
  { kind: "TapService", name: "ids", args: { host: "host2", port: "tap-ids" } },
  {
    kind: "TapFlow",
    name: "web",
    args: { service: { ref: "ids" }, host: "host1", port: "tap-web", rateLimit: { packetsPerSecond: 1000 } },
  },
  { kind: "TapFlow", name: "app", args: { service: { ref: "ids" }, host: "host2", port: "tap-app" } },
];

/** The calls that matter to a host, on the first host and the second in turn; only the first has a cap, and so a meter, which a command writes. */
const MOMENTS: readonly [what: string, kind: string, moment: Moment][] = [
  ["before the first look", "read", "before"],
  ["before the transaction", "write", "before"],
  ["during the transaction", "write", "during"],
  ["between the transaction and the rules", "write", "after"],
  ["while a meter is written by a command", "taas-guarded", "during"],
  ["while the rules are written by OpenFlow", "switch write", "during"],
  ["between the meter and the rules", "taas-guarded", "after"],
  ["after the rules, by OpenFlow", "switch write", "after"],
];

describe("a fault of a host in mid-operation", function () {
  this.timeout(300_000);
  const killers = new Killers();
  let lab: Lab;
  let state: string;
  let empty: Baseline;
  let undisturbed: { report: Report; views: string[] };

  before(async () => {
    lab = await startLab({ hosts: 2, vms: VMS });
    state = join(lab.directory, "state.json");
    await Promise.all(
      lab.hosts.map(async (host) => {
        await pinPortNumbers(host);
        await crashVswitchd(host);
      }),
    );
    empty = await Baseline.of(lab);
    const report = await killers.run(order({ at: 0, moment: "before" }));
    undisturbed = { report: report!, views: await viewsOf(lab) };
    expect(report!.error).to.equal(undefined);
    await stack().destroy();
    expect(await empty.differences()).to.deep.equal([]);
  });

  after(async () => {
    killers.stop();
    await lab.stop();
  });

  /** The stack as another run sees it. */
  const stack = () => new StackFile(contextFor(lab), STACK, state);

  const order = (at: Pick<Order, "at" | "moment">): Order => ({
    ...{ sshConfig: lab.sshConfig, stack: STACK, state, program, strike: "pause", ...at },
    ...{ operationTimeout: OPERATION_TIMEOUT, connectTimeout: OPERATION_TIMEOUT },
  });

  /** An up with a fault in it: it succeeds, or fails with one of the codes and the host's name. Resolves to the code. */
  async function struck(
    at: Pick<Order, "at" | "moment">,
    host: LabHost,
    fault: () => Promise<unknown>,
    codes: readonly string[],
    where: string,
  ): Promise<string> {
    rmSync(state, { force: true });
    let faults = 0;
    const report = await killers.run(order(at), async () => {
      faults += 1;
      await fault();
    });
    expect(faults, where).to.equal(1);
    if (report!.error === undefined) return "success";
    expect(codes, `${where}: ${report!.error}`).to.include(report!.code);
    expect(report!.error, where).to.contain(`host ${host.name}: `);
    return report!.code!;
  }

  /** The next run finds what is missing and does it: the hosts are as without the fault, and go back to what they were. */
  async function recovers(where: string): Promise<void> {
    await stack().refresh();
    await stack().up(program);
    const [expected, found] = [undisturbed.views, await viewsOf(lab)].map((views) => views.map(lasting));
    expect(diffViews(expected!, found!), where).to.deep.equal([]);
    await stack().destroy();
    expect((await empty.differences()).map(lasting).filter(Boolean), where).to.deep.equal([]);
  }

  const lasting = (line: string) => line.replace(DRAWN, "");

  /** Injects a fault into each host at each moment, beside a stream of production. Resolves to what that lost. */
  async function series(
    fault: (host: LabHost) => Promise<unknown>,
    codes: readonly string[],
  ): Promise<{ lost: number; sent: number }> {
    const stream = await lab.startStream({ from: lab.vm("east"), to: lab.vm("west"), pps: 200 });
    let faults = 0;
    for (const [turn, [what, kind, moment]] of sampleOf([...MOMENTS.entries()], 2)) {
      const host = lab.host(1 + (turn % 2));
      const at = undisturbed.report.kinds.indexOf(`${host.name} ${kind}`) + 1;
      expect(at, `${host.name} ${kind}`).to.be.above(0);
      const where = `${host.name}, ${what}`;
      const outcome = await struck({ at, moment }, host, () => fault(host), codes, where);
      if (isWhole) console.log(`      ${where}: ${outcome}`);
      await recovers(where);
      faults += 1;
    }
    const { lost, sent } = await stream.stop();
    account(faults, lost.length, 0);
    return { lost: lost.length, sent };
  }

  it("its SSH connections cut: an error that names it or none, the next run completes, production loses nothing", async () => {
    const { lost, sent } = await series(
      (host) => signalConnections(host, "KILL"),
      ["connection-lost", "ovsdb-closed"],
    );
    expect(lost).to.be.at.most(sent * NOISE);
  });

  // Production stands still while either daemon is away, taps or no taps: what is lost is only told.
  for (const [what, fault, codes] of [
    ["ovsdb-server", crashOvsdbServer, ["ovsdb-closed", "no-ovs", "openflow-error"]],
    ["ovs-vswitchd", crashVswitchd, ["openflow-error", "openflow-timeout", "port-failed"]],
  ] as const) {
    it(`${what} killed and started: an error that names the host or none, and the next run completes`, async () => {
      await series(fault, codes);
    });
  }

  it("ovs-vswitchd not running: an error that says so within the time limit, and the next run completes once it runs", async () => {
    const host = lab.host(2);
    await host.killVswitchd();
    rmSync(state, { force: true });
    const report = await killers.run(order({ at: 0, moment: "before" }));
    expect(report!.code, report!.error).to.equal("vswitchd-not-applying");
    expect(report!.error).to.contain("host host2: ovs-vswitchd has not applied the change");
    await host.startVswitchd();
    await recovers("not running");
    account(1, 0, 0);
  });

  it("an interrupt of the run: it ends before the engine would kill it, and the next run completes", async () => {
    let faults = 0;
    for (const [turn, [what, kind, moment]] of sampleOf([...MOMENTS.entries()], 2)) {
      const at = undisturbed.report.kinds.indexOf(`host${1 + (turn % 2)} ${kind}`) + 1;
      expect(at, what).to.be.above(0);
      rmSync(state, { force: true });
      let interrupted = 0;
      const { child, report } = killers.launch(order({ at, moment }), async () => {
        child.kill("SIGINT");
        interrupted = performance.now();
      });
      await report;
      expect(performance.now() - interrupted, what).to.be.below(ENGINE_PATIENCE);
      await recovers(what);
      faults += 1;
    }
    account(faults, 0, 0);
  });
});
