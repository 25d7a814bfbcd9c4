import { existsSync } from "node:fs";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { sampleOf } from "../../sample";
import { processesOn } from "../faults/harm";
import { Baseline, viewsOf } from "../faults/hosts";
import { until } from "../faults/keeperProcess";
import { diffViews } from "../faults/view";
import { succeeded, WrittenProgram } from "../lifecycle/program";
import { copies } from "./program";
import type { Strike } from "./striker";
import { runStruck } from "./struckRun";

const PROGRAM = `
resources:
  way: { type: taas:MirrorTunnel, properties: { hosts: [source, monitor] } }
  ids: { type: taas:TapService, properties: { host: monitor, port: tap-ids } }
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", tunnel: "\${way.ref}", host: source, port: tap-web }
  near:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: monitor, port: tap-near, rateLimit: { packetsPerSecond: 500 } }
`;

/** Moments of a run, spread evenly over what the plugin writes to hosts. */
const MOMENTS = Array.from({ length: 20 }, (_, index) => (index + 0.5) / 20);
/** Seconds in which all processes of a run that was struck are gone. */
const ENDED = 15;

const COMMANDS = ["up", "destroy"] as const;
const STRIKES: Readonly<Record<Strike, string>> = {
  plugin: "whose plugin is killed",
  engine: "whose engine is killed",
  interrupt: "that is interrupted",
};

/** Every strike in both kinds of run at every moment; of the usual sample three, in runs of both kinds. */
const CASES = sampleOf(
  COMMANDS.flatMap((command) =>
    (Object.keys(STRIKES) as Strike[]).flatMap((strike) =>
      MOMENTS.map((moment) => ({ command, strike, moment })),
    ),
  ),
  3,
);

describe("a run by the plugin", function () {
  this.timeout(120_000);
  let lab: Lab;
  let empty: Baseline;
  let processes: string[];
  /** What an undisturbed run comes to, and how often it writes to hosts. */
  let made: string[];
  const writes = { up: 0, destroy: 0 };
  let program: WrittenProgram;

  before(async () => {
    const vms = [
      { name: "web", host: 1, vlan: 11 },
      { name: "near", host: 2, vlan: 12 },
      { name: "ids", host: 2, vlan: 13 },
    ];
    lab = await startLab({ hosts: 2, vms });
    empty = await Baseline.of(lab);
    processes = await processesNow();
    await open();
    await undisturbed("up");
    made = await viewsOf(lab);
    await undisturbed("destroy");
    program.remove();
  });

  beforeEach(open);
  afterEach(() => program.remove());
  after(() => lab?.stop());

  async function open(): Promise<void> {
    const hosts = { source: { address: "host1" }, monitor: { address: "host2" } };
    program = await WrittenProgram.open("YAML", PROGRAM, {
      "taas:sshConfig": lab.sshConfig,
      "taas:hosts": hosts,
    });
  }

  const processesNow = async () => (await Promise.all(lab.hosts.map(processesOn))).flat();

  async function undisturbed(command: (typeof COMMANDS)[number]): Promise<void> {
    const run = await runStruck({ lab, program }, command, { at: 0, strike: "plugin" });
    expect(run.writes, run.text).to.be.greaterThan(20);
    writes[command] = run.writes;
  }

  /** Strikes a run at a moment. The next one begins at once: the plugin of an engine that was killed may still be there. */
  async function strikeAt({ command, strike, moment }: (typeof CASES)[number]): Promise<() => Promise<void>> {
    const at = Math.ceil(moment * writes[command]);
    const run = await runStruck({ lab, program }, command, { at, strike });
    // How many writes there are depends on which operations on a host happen to be done together.
    expect(run.struck || moment > 0.9, `write ${at} of ${writes[command]}: ${run.text}`).to.equal(true);
    await program.stack.unlock();
    return async () => {
      await until(async () => !run.plugins.some((pid) => existsSync(`/proc/${pid}`)), ENDED);
      await until(async () => (await processesNow()).join() === processes.join(), ENDED);
    };
  }

  for (const each of CASES) {
    const { command, strike, moment } = each;
    const share = `after ${Math.round(moment * 100)} of 100 writes`;
    if (command === "up") {
      it(`${STRIKES[strike]} ${share} of an up is done over by the next one, and nothing is left in the end`, async () => {
        const ended = await strikeAt(each);
        succeeded(await program.stack.up());
        await ended();
        expect(diffViews(made, await viewsOf(lab))).to.deep.equal([]);
        succeeded(await program.stack.refresh({ expectNoChanges: true, clearPendingCreates: true }));
        for (const name of ["web", "near"])
          expect(await copies(lab.vm(name), lab.vm("ids")), name).to.equal(10);
        succeeded(await program.stack.destroy());
        expect(await empty.differences()).to.deep.equal([]);
      });
      continue;
    }
    it(`${STRIKES[strike]} ${share} of a destroy is done over by the next one, and nothing is left`, async () => {
      succeeded(await program.stack.up());
      const ended = await strikeAt(each);
      succeeded(await program.stack.destroy());
      await ended();
      expect(await empty.differences()).to.deep.equal([]);
    });
  }
});
