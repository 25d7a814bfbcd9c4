import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Deployment } from "../engine/checkpoint";
import { repositoryRoot } from "../engine/fixtureProject";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";
import { becomeMachine, recordRows, restoreRows, type WrittenRows } from "./compatibility/rows";
import { openProgram, type Program, stepOf, succeeded } from "./lifecycle/program";

/**
 * test/fixtures/state-<release> has what that release left: the state of a program's stack (state.json), and what stood in
 * the OVSDB of each of its hosts (host1.json, host2.json). It is never written anew. For a new release, make a folder with the
 * program (program.txt) and run this test once with TAAS_RECORD_STATE=1: folders without a state are then recorded.
 */
const folder = join(repositoryRoot(), "test/fixtures");
const releases = readdirSync(folder).filter((name) => name.startsWith("state-"));
/** Stands in a recorded state for the path of the lab's ssh configuration. */
const SSH_CONFIG = "SSH_CONFIG";
const RESOURCES = 11;

describe("what an earlier release left", function () {
  this.timeout(240_000);

  const boot = async (): Promise<Lab> => {
    return startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1, mac: "fa:16:3e:00:00:02", ifaceId: "db-port" },
        { name: "app", host: 2 },
        { name: "ids", host: 2 },
        { name: "ids2", host: 2 },
        { name: "rec", host: 2, ifaceId: "recorder-port" },
      ],
    });
  };
  const snapshots = (lab: Lab) => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const read = <T>(release: string, name: string): T =>
    JSON.parse(readFileSync(join(folder, release, name), "utf8")) as T;
  const open = (lab: Lab, release: string): Promise<Program> => {
    const text = readFileSync(join(folder, release, "program.txt"), "utf8");
    return openProgram(text, { "taas:sshConfig": lab.sshConfig });
  };

  async function record(release: string): Promise<void> {
    const lab = await boot();
    const program = await open(lab, release);
    try {
      succeeded(await program.stack.up());
      const state = JSON.stringify(await program.stack.exportState(), null, 1);
      mkdirSync(join(folder, release), { recursive: true });
      for (const host of lab.hosts) {
        const rows = JSON.stringify(await recordRows(host), null, 1);
        writeFileSync(join(folder, release, `${host.name}.json`), `${rows}\n`);
      }
      writeFileSync(join(folder, release, "state.json"), `${state.replaceAll(lab.sshConfig, SSH_CONFIG)}\n`);
      succeeded(await program.stack.destroy());
    } finally {
      program.remove();
      await lab.stop();
    }
  }

  for (const release of releases) {
    describe(release, () => {
      let lab: Lab;
      let program: Program;
      let clean: Awaited<ReturnType<typeof snapshots>>;

      before(async () => {
        const isRecorded = existsSync(join(folder, release, "state.json"));
        if (!isRecorded && process.env.TAAS_RECORD_STATE === "1") await record(release);
        lab = await boot();
        const rows = lab.hosts.map((host) => read<WrittenRows>(release, `${host.name}.json`));
        for (const [index, host] of lab.hosts.entries()) await becomeMachine(host, rows[index]!);
        clean = await snapshots(lab);
        for (const [index, host] of lab.hosts.entries()) await restoreRows(host, rows[index]!);
        program = await open(lab, release);
        const state = readFileSync(join(folder, release, "state.json"), "utf8");
        await program.stack.importState(
          JSON.parse(state.replaceAll(SSH_CONFIG, lab.sshConfig)) as Deployment,
        );
      });

      after(async () => {
        program?.remove();
        await lab?.stop();
      });

      it("is understood: only the rules that a restart loses are missing, and the next up restores them", async () => {
        const refreshed = succeeded(await program.stack.refresh());
        const found = refreshed.steps.map((step) => String(step.new?.outputs?.status ?? "active"));
        for (const status of found.filter((one) => one.startsWith("drifted")))
          expect(status).to.match(
            /^drifted: (?:(?:; )?host host\d: (?:missing (?:rule|meter)|bridge br-tap handles fragments) [^;]*|; and \d+ more)+$/,
          );
        expect(found.filter((one) => one.startsWith("drifted"))).to.have.length.above(5);
        const repaired = succeeded(await program.stack.up());
        expect(repaired.changes).not.to.have.any.keys("create", "delete", "replace");
        expect((await program.stack.outputs()).status).to.deep.equal([
          ...Array(RESOURCES - 1).fill("active"),
          "disabled",
        ]);
      });

      it("is then as if this release had created it: refresh and up change nothing", async () => {
        succeeded(await program.stack.refresh({ expectNoChanges: true }));
        succeeded(await program.stack.up({ expectNoChanges: true }));
      });

      it("is changed in place if the program changes", async () => {
        await program.stack.configure({ "taas:sshConfig": lab.sshConfig, "fixture:direction": "egress" });
        const result = succeeded(await program.stack.up());
        expect(stepOf(result, "capped").op).to.equal("update");
        expect(result.changes).to.include({ update: 1 });
        succeeded(await program.stack.refresh({ expectNoChanges: true }));
      });

      it("is removed without a trace", async () => {
        succeeded(await program.stack.destroy());
        const after = await snapshots(lab);
        expect(clean.flatMap((before, index) => diffSnapshots(before, after[index]!))).to.deep.equal([]);
      });
    });
  }

  it("is recorded for every release there has been", () => {
    expect(releases).to.deep.equal(["state-0.1.0"]);
  });
});
