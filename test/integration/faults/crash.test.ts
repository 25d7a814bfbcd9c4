import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Context } from "../../../provider/resource/context";
import { type Lab, startLab } from "../../lab/lab";
import { limitOf } from "../../sample";
import type { Stored } from "../lifecycle/storedClaims";
import { expectNoMoreLost, plugPorts } from "./control";
import { Killers, momentsOf } from "./crashes";
import { account, Baseline, contextFor, lostDuring, viewsOf } from "./hosts";
import type { Order, Report } from "./killer";
import { changed, first, replaced, VMS } from "./programs";
import { type Recorded, StackFile, type Wanted } from "./stack";
import { diffViews } from "./view";

const STACK = "organization/crash/test";
/** Kills in each series of the usual sample, and of the whole one: a kill at each moment of all series would take ten hours. */
const KILLS = [1, 30] as const;
/**
 * Milliseconds by which the largest gap of the runs may exceed the control's. They last longer than plugging ports does,
 * and start processes, so a busy machine loses more beside them.
 */
const MARGIN = 500;

describe("a run that is killed", () => {
  const killers = new Killers();
  let lab: Lab;
  let context: Context;
  let state: string;
  let empty: Baseline;
  /** Frames of production lost in each run that was killed, and while ports were plugged instead. */
  const lost: number[] = [];
  const control: number[] = [];

  before(async () => {
    lab = await startLab({ hosts: 3, vms: VMS });
    context = contextFor(lab);
    state = join(lab.directory, "state.json");
    empty = await Baseline.of(lab);
  });

  after(async () => {
    killers.stop();
    await lab.stop();
  });

  /** The stack as another run sees it. */
  const stack = () => new StackFile(context, STACK, state);

  async function bring(program: Wanted[] | undefined): Promise<void> {
    if (program === undefined) await stack().destroy();
    else await stack().up(program);
  }

  async function startFrom(program: Wanted[] | undefined): Promise<void> {
    rmSync(state, { force: true });
    if (program !== undefined) await stack().up(program);
  }

  const orderFor = (program: Wanted[] | undefined, at: Pick<Order, "at" | "moment">): Order => ({
    ...{ sshConfig: lab.sshConfig, stack: STACK, state, ...at },
    ...(program === undefined ? {} : { program }),
  });

  /** What runs come to that nobody kills, by the programs before and after. */
  const whole = new Map<string, Promise<{ calls: number; views: string[] }>>();

  /** Runs once without a kill, but not again for the same programs; resolves with how many calls that takes and what the hosts then are. */
  function undisturbed(from: Wanted[] | undefined, to: Wanted[] | undefined) {
    const key = JSON.stringify([from, to]);
    const known = whole.get(key) ?? runWhole(from, to);
    whole.set(key, known);
    return known;
  }

  async function runWhole(from: Wanted[] | undefined, to: Wanted[] | undefined) {
    await startFrom(from);
    const report = await killers.run(orderFor(to, { at: 0, moment: "before" }));
    expect(report?.error).to.equal(undefined);
    const views = await viewsOf(lab);
    await stack().destroy();
    expect(await empty.differences()).to.deep.equal([]);
    return { calls: report!.calls, views };
  }

  /** Kills runs from one program to another at many moments, and lets `recover` see to each. */
  async function series(
    from: Wanted[] | undefined,
    to: Wanted[] | undefined,
    recover: (known: readonly Recorded[], views: readonly string[], where: string) => Promise<number>,
  ): Promise<void> {
    const { calls, views } = await undisturbed(from, to);
    const moments = momentsOf(calls, ...KILLS);
    let leaked = 0;
    const before = lost.length;
    const beside = { lab, from: "east", to: "west" };
    for (const moment of moments) {
      await startFrom(from);
      control.push(await lostDuring(beside, () => plugPorts([lab.host(1), lab.host(2)])));
      let report: Report | undefined;
      lost.push(
        await lostDuring(beside, async () => {
          report = await killers.run(orderFor(to, moment));
        }),
      );
      expect(report, "it was killed").to.equal(undefined);
      const where = `killed ${moment.moment} call ${moment.at} of ${calls}`;
      leaked += await recover(stack().resources, views, where);
      expect(await empty.differences(), where).to.deep.equal([]);
    }
    account(
      moments.length,
      lost.slice(before).reduce((sum, one) => sum + one, 0),
      leaked,
    );
  }

  /** The next run does the same again: every host is as if nothing had happened, and a destroy leaves nothing. */
  const again =
    (to: Wanted[] | undefined) =>
    async (_: readonly Recorded[], views: readonly string[], where: string): Promise<number> => {
      await bring(to);
      expect(diffViews(views, await viewsOf(lab)), where).to.deep.equal([]);
      await stack().destroy();
      return 0;
    };

  /**
   * A destroy comes instead. It finds everything, but for what a create made whose answer the state never got, on a host
   * that nothing in the state is on: nobody asks for that host then. The next `up` takes it over, and it goes with the
   * destroy after that.
   */
  const destroyed =
    (to: Wanted[]) =>
    async (known: readonly Recorded[], _: readonly string[], where: string): Promise<number> => {
      await stack().destroy();
      const left = await empty.differences();
      if (left.length === 0) return 0;
      for (const { host, claim } of await claimsOn(lab)) {
        const lives = known.map(({ outputs }) => outputs.incarnation);
        expect(lives, where).not.to.include(claim.token);
        if (claim.pending !== undefined) expect(JSON.stringify(known), where).not.to.include(`"${host}"`);
      }
      await stack().up(to);
      await stack().destroy();
      return left.length;
    };

  const kinds: [string, Wanted[] | undefined, Wanted[] | undefined][] = [
    ["while everything is made", undefined, first],
    ["while everything is changed", first, changed],
    ["while services are replaced, on another host and under another name of one", first, replaced],
    ["while everything goes", first, undefined],
  ];
  for (const [what, from, to] of kinds) {
    it(`${what} is completed by the next one, and nothing is left in the end`, () =>
      series(from, to, again(to))).timeout(limitOf(600_000));
  }
  for (const [what, from, to] of kinds.slice(0, 3)) {
    it(`${what} leaves nothing that a destroy does not find, except for a create in progress`, () =>
      series(from, to, destroyed(to!))).timeout(limitOf(600_000));
  }

  it("costs production no more than ports that are plugged", () => {
    expectNoMoreLost(lost, control, "a run that is killed", { margin: MARGIN });
  });
});

async function claimsOn(lab: Lab): Promise<{ host: string; claim: Stored }[]> {
  const found = await Promise.all(
    lab.hosts.map(async (host) => {
      const { Bridge = {} } = (await host.snapshot()).tables;
      const rows = Object.values(Bridge).map((row) => row.external_ids as Record<string, string>);
      return rows
        .flatMap((ids) => Object.entries(ids))
        .filter(([key]) => key.startsWith("taas:"))
        .map(([, text]) => ({ host: host.name, claim: JSON.parse(text) as Stored }));
    }),
  );
  return found.flat();
}
