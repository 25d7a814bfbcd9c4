import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { inStagedProject } from "../../../console/server/deploy/staged";
import { ProjectFiles } from "../../../console/server/program/projectFiles";

describe("the copy of a project that a run gets", () => {
  let around: string;
  let folder: string;
  let project: ProjectFiles;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeEach(async () => {
    around = await mkdtemp(join(tmpdir(), "taas-staged-"));
    folder = join(around, "taps");
    await mkdir(at("state"), { recursive: true });
    await writeFile(at("Pulumi.yaml"), "name: taps\n");
    await writeFile(at("Pulumi.prod.yaml"), "config: {}\n", { mode: 0o600 });
    await writeFile(at("large.bin"), Buffer.alloc(1024 * 1024 + 1));
    await writeFile(join(around, "shared.txt"), "shared");
    await symlink("../shared.txt", at("link.txt"));
    await symlink("nowhere", at("broken"));
    await writeFile(at("state", "one"), "1");
    project = await ProjectFiles.read(folder);
  });
  afterEach(() => rm(around, { recursive: true }));

  it("has its files as they were read, whatever is written since, and leads elsewhere as the project does", async () => {
    await writeFile(at("Pulumi.yaml"), "name: edited\n");
    await writeFile(at("Pulumi.prod.yaml"), "config: { other: 1 }\n");
    await rm(at("link.txt"));
    await inStagedProject(project.with("Pulumi.yaml", "name: staged\n"), "kept", async (staged) => {
      const read = (name: string) => readFile(join(staged, name), "utf8");
      expect(await read("Pulumi.yaml")).to.equal("name: staged\n");
      expect(await read("Pulumi.prod.yaml")).to.equal("config: {}\n");
      expect((await lstat(join(staged, "Pulumi.prod.yaml"))).mode & 0o777).to.equal(0o600);
      expect(await read("link.txt")).to.equal("shared");
      expect(await read("../shared.txt")).to.equal("shared");
      expect(await read("state/one")).to.equal("1");
      await writeFile(join(staged, "state", "two"), "2");
      expect((await readdir(staged)).sort()).to.deep.equal([
        ...["Pulumi.prod.yaml", "Pulumi.yaml", "broken", "large.bin", "link.txt", "state"],
      ]);
    });
    expect(await readFile(at("Pulumi.yaml"), "utf8")).to.equal("name: edited\n");
    expect(await readFile(at("Pulumi.prod.yaml"), "utf8")).to.equal("config: { other: 1 }\n");
    expect(await readFile(at("state", "two"), "utf8")).to.equal("2");
    expect((await readdir(around)).sort()).to.deep.equal(["shared.txt", "taps"]);
  });

  it("brings what a run writes into the project, but for what others have written meanwhile, and what a preview writes nowhere", async () => {
    const write = async (staged: string) => {
      await writeFile(join(staged, "new.txt"), "new");
      await mkdir(join(staged, "made"));
      await writeFile(join(staged, "made", "x"), "x");
      await writeFile(join(staged, "other"), "config: { salt: 1 }\n");
      await rename(join(staged, "other"), join(staged, "Pulumi.prod.yaml"));
      await writeFile(join(staged, "link.txt"), "altered");
      await writeFile(at("link.txt"), "altered by another");
    };
    await inStagedProject(project, "discarded", write);
    expect(await readdir(folder)).to.have.length(6);
    expect(await readFile(at("Pulumi.prod.yaml"), "utf8")).to.equal("config: {}\n");
    await inStagedProject(project, "kept", write);
    expect(await readFile(at("new.txt"), "utf8")).to.equal("new");
    expect(await readFile(at("made", "x"), "utf8")).to.equal("x");
    expect(await readFile(at("Pulumi.prod.yaml"), "utf8")).to.equal("config: { salt: 1 }\n");
    expect(await readFile(at("link.txt"), "utf8")).to.equal("altered by another");
  });

  it("has nothing that has appeared in the project since it was read", async () => {
    await writeFile(at("Pulumi.late.yaml"), "config: {}\n");
    await mkdir(at("late"));
    await inStagedProject(project, "kept", async (staged) => {
      expect(await readdir(staged))
        .to.have.length(6)
        .and.not.include.members(["Pulumi.late.yaml", "late"]);
    });
    expect(await readFile(at("Pulumi.late.yaml"), "utf8")).to.equal("config: {}\n");
  });

  it("leads elsewhere as the project does, also where the project is named by a link", async () => {
    const link = join(around, "elsewhere", "link");
    await mkdir(join(around, "elsewhere"));
    await symlink(folder, link);
    const text = await inStagedProject(await ProjectFiles.read(link), "kept", (staged) =>
      readFile(join(staged, "..", "shared.txt"), "utf8"),
    );
    expect(text).to.equal("shared");
  });

  it("does not make a failure of a run that has succeeded, where a file of it cannot be brought back", async () => {
    const said: string[] = [];
    const { error } = console;
    console.error = (line: string) => said.push(line);
    try {
      const result = await inStagedProject(project, "kept", async (staged) => {
        for (const name of ["Pulumi.prod.yaml", "a.txt", "z.txt"]) await writeFile(join(staged, name), "new");
        await rm(at("Pulumi.prod.yaml"));
        await mkdir(at("Pulumi.prod.yaml"));
        return "succeeded";
      });
      expect(result).to.equal("succeeded");
    } finally {
      console.error = error;
    }
    expect(await readFile(at("a.txt"), "utf8")).to.equal("new");
    expect(await readFile(at("z.txt"), "utf8")).to.equal("new");
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/Pulumi\.prod\.yaml, which a run has written, cannot be brought to .*EISDIR/);
  });

  it("is deleted after a failure, and has the same name each time, but for one that another has", async () => {
    const names: string[] = [];
    const fail = (staged: string) => {
      names.push(staged);
      return Promise.reject(new Error("no"));
    };
    for (let time = 0; time < 2; time += 1)
      expect(await inStagedProject(project, "kept", fail).catch(({ message }: Error) => message)).to.equal(
        "no",
      );
    const first = join(around, ".taps-console");
    await mkdir(first);
    await inStagedProject(project, "kept", fail).catch(() => {});
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(first, yesterday, yesterday);
    await inStagedProject(project, "kept", fail).catch(() => {});
    expect(names).to.deep.equal([first, first, `${first}-2`, first]);
    expect((await readdir(around)).sort()).to.deep.equal(["shared.txt", "taps"]);
  });

  it("counts as another when a file of it is another, and as the same when none is", async () => {
    expect((await ProjectFiles.read(folder)).hash).to.equal(project.hash);
    await writeFile(at("Pulumi.prod.yaml"), "config: { other: 1 }\n");
    expect((await ProjectFiles.read(folder)).hash).not.to.equal(project.hash);
    expect(project.with("a", "").with("b", "1").hash).not.to.equal(project.with("a", "b").with("b", "").hash);
  });
});
