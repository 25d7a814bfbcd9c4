import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ProgramFile } from "../../../console/server/program/programFile";
import { ProgramWatch } from "../../../console/server/program/programWatch";
import { until } from "../../console/client";

const PROGRAM = "name: taps\nruntime: yaml\nresources:\n  web:\n    type: taas:TapFlow\n";

describe("the watch of the console's program", () => {
  let folder: string;
  let watch: ProgramWatch;
  let told: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-program-"));
    told = [];
    const identity = { organization: "acme", stack: "prod" };
    const file = new ProgramFile(join(folder, "Pulumi.yaml"));
    watch = new ProgramWatch(file, identity, (resources, error) =>
      told.push(error === undefined ? resources.map(({ key }) => key).join() : error.code),
    );
    await writeFile(file.path, PROGRAM);
    await watch.start();
  });

  afterEach(async () => {
    watch.stop();
    await rm(folder, { recursive: true });
  });

  it("reports a file that was missing for a moment and is back unchanged", async () => {
    const [path, away] = [join(folder, "Pulumi.yaml"), join(folder, "away")];
    await rename(path, away);
    await until(
      () => told.length,
      (count) => count === 2,
    );
    expect(watch.error).not.to.equal(undefined);
    await rename(away, path);
    await until(
      () => told.length,
      (count) => count === 3,
    );
    expect(told).to.deep.equal(["web", "failed", "web"]);
    expect(watch.error).to.equal(undefined);
  });
});
