import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { OPERATOR } from "../../../console/server/roles/viewer";
import { FakeProject } from "../../console/fakeProject";

/** What is said on stderr during some work. */
async function silently(work: () => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const { error } = console;
  console.error = (line: string) => said.push(line);
  try {
    await work();
  } finally {
    console.error = error;
  }
  return said;
}

describe("changes of the console, where they are stored", () => {
  let project: FakeProject;
  beforeEach(async () => {
    project = await FakeProject.create();
  });
  afterEach(() => project.delete());

  it("can be confirmed again where the first time could not be stored, and nothing has run", async () => {
    const preview = await project.previewed();
    await mkdir(project.historyFile, { recursive: true });
    const said = await silently(async () => {
      const outcome = await project.changes.confirm(preview.id, preview.fingerprint!, OPERATOR).then(
        () => "confirmed",
        (error: NodeJS.ErrnoException) => error.code,
      );
      expect(outcome).to.equal("EISDIR");
      expect(await project.ended(project.changes.all[0]!.id)).to.include({ outcome: "failed" });
    });
    expect(said.join()).to.include("is not stored");
    expect(project.changes.previews.get(preview.id, OPERATOR)).to.include({ state: "ready" });
    expect(preview.change).to.equal(undefined);
    expect(project.deployer.runs).to.deep.equal(["preview"]);
    await rm(project.historyFile, { recursive: true });
    expect(await project.confirmed(preview)).to.include({ outcome: "succeeded" });
  });

  it("end as they have ended where that cannot be stored, and the console goes on", async () => {
    const preview = await project.previewed();
    project.deployer.starting = async () => {
      await rm(project.historyFile);
      await mkdir(project.historyFile);
    };
    const said = await silently(async () => {
      expect(await project.confirmed(preview)).to.include({ outcome: "succeeded" });
      await project.changes.idle();
    });
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/the end of change [0-9a-f]+ is not stored: EISDIR/);
  });

  it("are stored, and a change that was cut off with the console is reported as such", async () => {
    const preview = await project.previewed();
    await project.confirmed(preview);
    await project.changes.idle();
    const cut = { ...project.changes.all[0]!, id: "0123456789abcdef", outcome: "running" };
    await writeFile(
      project.historyFile,
      `${await readFile(project.historyFile, "utf8")}${JSON.stringify(cut)}\nnull\n{"half`,
    );
    const later = project.open();
    await later.open();
    expect(later.all.map(({ outcome, error }) => [outcome, error?.code])).to.deep.equal([
      ["failed", "interrupted"],
      ["succeeded", undefined],
    ]);
  });
});
