import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { limitOf } from "../../sample";
import { Killers, momentsOf } from "./crashes";
import { account, Baseline, contextFor, unnumberedViewsOf } from "./hosts";
import type { Order } from "./killer";
import { changed, first, VMS } from "./programs";
import { StackFile, type Wanted } from "./stack";
import { diffViews } from "./view";

const STACK = "organization/stopped/test";
/** Moments at which a writer is stopped, in the usual sample and in the whole one. */
const STOPS = [2, 12] as const;

/** Another stack's taps, on the same hosts. */
const others: Wanted[] = [
  { kind: "TapService", name: "theirs", args: { host: "host3", port: "tap-ids3" } },
  { kind: "TapFlow", name: "east", args: { service: { ref: "theirs" }, host: "host1", port: "tap-east" } },
  { kind: "TapFlow", name: "west", args: { service: { ref: "theirs" }, host: "host2", port: "tap-west" } },
];

describe("a writer that is stopped at any point", function () {
  this.timeout(limitOf(600_000));
  const killers = new Killers();
  let lab: Lab;
  let state: string;
  let empty: Baseline;

  before(async () => {
    lab = await startLab({ hosts: 3, vms: VMS });
    state = join(lab.directory, "state.json");
    empty = await Baseline.of(lab);
  });

  after(async () => {
    killers.stop();
    await lab.stop();
  });

  const views = () => unnumberedViewsOf(lab, /tap-(?:ids3?|sensor)/);

  const stack = () => new StackFile(contextFor(lab), STACK, state);

  const order = (at: Pick<Order, "at" | "moment">): Order => ({
    ...{ sshConfig: lab.sshConfig, stack: STACK, state, program: changed, strike: "SIGSTOP", ...at },
  });

  /** Another stack comes and goes, as if the first were not there. */
  async function comeAndGo(): Promise<void> {
    const theirs = join(lab.directory, "theirs.json");
    const another = new StackFile(contextFor(lab), "organization/others/test", theirs);
    await another.up(others);
    await another.destroy();
  }

  it("delays no other, whenever it is stopped, and both get what they want in the end", async () => {
    await stack().up(first);
    const whole = await killers.run(order({ at: 0, moment: "before" }));
    expect(whole!.error).to.equal(undefined);
    const expected = await views();
    await stack().destroy();
    let stopped = 0;
    for (const moment of momentsOf(whole!.calls, ...STOPS)) {
      const where = `stopped ${moment.moment} call ${moment.at} of ${whole!.calls}`;
      rmSync(state, { force: true });
      await stack().up(first);
      const { child, report } = killers.launch(order(moment));
      let over = false;
      void report.finally(() => {
        over = true;
      });
      while (!over && !isStopped(child.pid!)) await sleep(20);
      expect(over, where).to.equal(false);
      stopped += 1;
      try {
        await comeAndGo();
      } finally {
        child.kill("SIGCONT");
      }
      await report;
      await stack().refresh();
      await stack().up(changed);
      expect(diffViews(expected, await views()), where).to.deep.equal([]);
      await stack().destroy();
      expect(await empty.differences(), where).to.deep.equal([]);
    }
    account(stopped, 0, 0);
  });
});

/** Whether a process is stopped, as `/proc` tells (proc(5), state `T`). */
function isStopped(pid: number): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
