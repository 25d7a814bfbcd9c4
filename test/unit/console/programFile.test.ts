import {
  chmod,
  chown,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ProgramFile } from "../../../console/server/program/programFile";
import { skipForLackOf } from "../../lacking";

/** A user and a group of no rights, which need not have names. */
const SOMEBODY = 60_001;
const THEIR_GROUP = 60_002;

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

  describe("of a project that several people edit", () => {
    const umask = process.umask();

    beforeEach(async () => {
      process.umask(0o022);
      await writeFile(file.path, "name: a\n");
    });

    afterEach(() => process.umask(umask));

    /** Owner, group and rights of the file after an edit. */
    const edited = async () => {
      expect(await file.replace("name: a\n", "name: b\n")).to.equal(true);
      expect(await readdir(folder)).to.deep.equal(["Pulumi.yaml"]);
      const { uid, gid, mode: rights } = await stat(file.path);
      return [uid, gid, (rights & 0o7777).toString(8)];
    };
    const own = () => [process.geteuid!(), process.getegid!()] as const;

    it("stays writable for those who may write it, whatever the umask", async () => {
      await chmod(file.path, 0o664);
      expect(await edited()).to.deep.equal([...own(), "664"]);
    });

    it("does not run as its owner what somebody else has written", async () => {
      await chmod(file.path, 0o6755);
      expect(await edited()).to.deep.equal([...own(), "755"]);
    });

    describe("who are not this user", () => {
      before(function () {
        if (own()[0] !== 0) skipForLackOf(this, "root");
      });

      /** Works as somebody who is in one group only, and not as root. */
      const asSomebody = async <T>(work: () => Promise<T>): Promise<T> => {
        const [groups, [user, group]] = [process.getgroups!(), own()];
        await chown(folder, SOMEBODY, SOMEBODY);
        process.setgroups!([THEIR_GROUP]);
        process.setegid!(SOMEBODY);
        process.seteuid!(SOMEBODY);
        try {
          return await work();
        } finally {
          process.seteuid!(user);
          process.setegid!(group);
          process.setgroups!(groups);
        }
      };

      it("keeps its owner and group where root edits it", async () => {
        await chown(file.path, SOMEBODY, THEIR_GROUP);
        await chmod(file.path, 0o640);
        expect(await edited()).to.deep.equal([SOMEBODY, THEIR_GROUP, "640"]);
      });

      it("keeps its group where one of the group edits it", async () => {
        await chown(file.path, 0, THEIR_GROUP);
        await chmod(file.path, 0o664);
        expect(await asSomebody(edited)).to.deep.equal([SOMEBODY, THEIR_GROUP, "664"]);
      });

      it("gives no other group what its own group had", async () => {
        await chmod(file.path, 0o664);
        expect(await asSomebody(edited)).to.deep.equal([SOMEBODY, SOMEBODY, "644"]);
      });
    });
  });
});
