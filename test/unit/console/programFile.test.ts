import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ProgramFile } from "../../../console/server/program/programFile";

describe("the console's program file", () => {
  let folder: string;
  let file: ProgramFile;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-program-"));
    file = new ProgramFile(join(folder, "Pulumi.yaml"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("is not read if its bytes could not be written back", async () => {
    await writeFile(file.path, Buffer.from("name: taps # caf\u00e9\n", "latin1"));
    const failure = await file.read().catch((error: Error) => error);
    expect(failure).to.include({ message: "the program is not in UTF-8" });
  });

  it("keeps a byte order mark", async () => {
    await writeFile(file.path, "\ufeffname: taps\n");
    expect(await file.read()).to.equal("\ufeffname: taps\n");
  });

  it("stays a link if it is one", async () => {
    const target = join(folder, "elsewhere.yaml");
    await writeFile(target, "name: a\n");
    await symlink(target, file.path);
    expect(await file.replace("name: a\n", "name: b\n")).to.equal(true);
    expect((await lstat(file.path)).isSymbolicLink()).to.equal(true);
    expect(await readFile(target, "utf8")).to.equal("name: b\n");
  });

  it("is replaced by only one of two concurrent writers", async () => {
    await writeFile(file.path, "name: a\n");
    const written = await Promise.all(["b", "c"].map((name) => file.replace("name: a\n", `name: ${name}\n`)));
    expect(written).to.deep.equal([true, false]);
    expect(await file.read()).to.equal("name: b\n");
  });
});
