import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { limitOf } from "../../sample";
import { Killers, momentsOf } from "./crashes";
import { account, Baseline, contextFor, viewsOf } from "./hosts";
import { FOLDER, UNIT } from "./keeperProcess";
import { StackFile, type Wanted } from "./stack";
import { diffViews } from "./view";

const STACK = "organization/kept/test";
/** Kills in each series of the usual sample, and of the whole one. */
const KILLS = [1, 30] as const;

/** A monitor and a tap on one host, which has a keeper or none. */
function program(keeper: boolean): Wanted[] {
  const host = { address: "host1", keeper };
  return [
    { kind: "TapService", name: "ids", args: { host, port: "tap-ids" } },
    { kind: "TapFlow", name: "web", args: { service: { ref: "ids" }, host, port: "tap-web" } },
  ];
}

describe("a run that is killed on a host with a keeper", () => {
  const killers = new Killers();
  let lab: Lab;
  let state: string;
  let empty: Baseline;

  before(async () => {
    const vms = ["web", "ids"].map((name) => ({ name, host: 1 }));
    lab = await startLab({ hosts: 1, vms });
    state = join(lab.directory, "state.json");
    empty = await Baseline.of(lab);
  });
  after(async () => {
    killers.stop();
    await lab.stop();
  });

  const stack = () => new StackFile(contextFor(lab), STACK, state);
  const bring = (wanted: Wanted[] | undefined) =>
    wanted === undefined ? stack().destroy() : stack().up(wanted);

  /** The keeper's files, with `current` for the state of the present change. */
  async function files(): Promise<string> {
    const listed = await lab.host(1).ovs(`
ls ${UNIT} ${FOLDER} 2>/dev/null |
  sed "s/$(ovs-vsctl --if-exists get Bridge br-tap _uuid).$(ovs-vsctl --if-exists get Bridge br-tap other_config:taas-generation | sed 's/"//g')/current/"`);
    return listed.replace(/^new\.\d+\n/gm, "");
  }

  async function start(wanted: Wanted[] | undefined): Promise<void> {
    rmSync(state, { force: true });
    if (wanted !== undefined) await stack().up(wanted);
  }

  const kinds: [string, Wanted[] | undefined, Wanted[] | undefined][] = [
    ["while it comes", undefined, program(true)],
    ["while it goes and the taps stay", program(true), program(false)],
    ["while it comes to taps that are there", program(false), program(true)],
    ["while everything goes", program(true), undefined],
  ];
  for (const [what, from, to] of kinds) {
    it(`${what} is completed by the next one, and nothing is left in the end`, async () => {
      const order = { sshConfig: lab.sshConfig, stack: STACK, state, ...(to && { program: to }) };
      await start(from);
      const { calls, error } = (await killers.run({ ...order, at: 0, moment: "before" }))!;
      expect(error).to.equal(undefined);
      const expected = { views: await viewsOf(lab), files: await files() };
      expect(expected.files.includes("state.current")).to.equal(hasKeeper(to ?? []));
      await stack().destroy();
      const moments = momentsOf(calls, ...KILLS);
      for (const moment of moments) {
        const where = `killed ${moment.moment} call ${moment.at} of ${calls}`;
        await start(from);
        expect(await killers.run({ ...order, ...moment }), where).to.equal(undefined);
        await bring(to);
        expect(diffViews(expected.views, await viewsOf(lab)), where).to.deep.equal([]);
        expect(await files(), where).to.equal(expected.files);
        await stack().destroy();
        expect(await empty.differences(), where).to.deep.equal([]);
        expect(await files(), where).to.equal("");
      }
      account(moments.length, 0, 0);
    }).timeout(limitOf(240_000));
  }
});

function hasKeeper(wanted: readonly Wanted[]): boolean {
  return JSON.stringify(wanted).includes('"keeper":true');
}
