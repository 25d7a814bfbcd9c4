import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { writeCapture } from "../../../cli/capture/write";
import { UsageError } from "../../../cli/usageError";

describe("the file of a capture", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-write-"));
    file = join(folder, "web.pcapng");
    await writeFile(file, "the capture before");
    await chmod(file, 0o644);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A capture on a host that cannot be reached. */
  function write(to: string): Promise<unknown> {
    const context = { open: () => ({ use: () => Promise.reject(new Error("cannot reach it")) }) };
    const work = { context, signal: new AbortController().signal } as never;
    const limits = { count: undefined, duration: undefined, snapLength: 0, expression: "" };
    return writeCapture(work, { name: "host1", address: "host1" }, {} as never, {
      file: to,
      ...limits,
    }).catch((error: unknown) => error as Error);
  }

  it("keeps its content if the capture does not start", async () => {
    expect(await write(file)).to.have.property("message", "cannot reach it");
    expect(await readFile(file, "utf8")).to.equal("the capture before");
  });

  it("is readable by its owner only, even if it existed before", async () => {
    await write(file);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it("must be writable", async () => {
    expect(await write(join(folder, "none", "web.pcapng"))).to.be.instanceOf(UsageError);
  });
});
