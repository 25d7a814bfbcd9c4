import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { openSink, withSink } from "../../../cli/capture/sink";
import { UsageError } from "../../../cli/usageError";

/** More than a pipe holds. */
const MUCH = Buffer.alloc(1 << 20, "0123456789");

describe("the pipe that a capture is written to", () => {
  let folder: string;
  let pipe: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-sink-"));
    pipe = join(folder, "frames");
    await execa("mkfifo", [pipe]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const { signal: never } = new AbortController();

  /** Opens the pipe at its other end. */
  const reader = () => open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);

  /** Reads until all writers have closed the pipe. */
  async function readAll(from: FileHandle): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      try {
        const { bytesRead, buffer } = await from.read(Buffer.alloc(65_536));
        if (bytesRead === 0) return Buffer.concat(chunks);
        chunks.push(buffer.subarray(0, bytesRead));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        await sleep(1);
      }
    }
  }

  it("gives all to a reader that pauses while the pipe is full", async () => {
    const from = await reader();
    const { stream } = await openSink(pipe, never);
    stream.end(MUCH);
    await sleep(300);
    expect((await readAll(from)).equals(MUCH)).to.equal(true);
    await from.close();
  });

  it("is waited for until somebody reads it", async () => {
    const opening = openSink(pipe, never);
    await sleep(150);
    const from = await reader();
    (await opening).stream.end("frames");
    expect((await readAll(from)).toString()).to.equal("frames");
    await from.close();
  });

  it("is waited for no longer once the command is to end", async () => {
    const ending = new AbortController();
    const opening = openSink(pipe, ending.signal).catch((error: Error) => error);
    ending.abort();
    expect(await opening)
      .to.be.instanceOf(UsageError)
      .with.property("message", `${pipe} cannot be written: nobody reads it`);
  });

  it("fails if its reader does not read and the command is to end", async () => {
    const from = await reader();
    const ending = new AbortController();
    const { stream } = await openSink(pipe, ending.signal);
    const failing = new Promise<Error>((resolve) => stream.once("error", resolve));
    stream.write(MUCH);
    ending.abort();
    expect(await failing).to.have.property("message", "its reader does not read");
    await from.close();
  });

  it("fails as a pipe does if its reader has closed it", async () => {
    const from = await reader();
    const { stream } = await openSink(pipe, never);
    const failing = new Promise<Error>((resolve) => stream.once("error", resolve));
    await from.close();
    stream.write("frames");
    expect(await failing).to.have.property("code", "EPIPE");
  });
});

describe("the file that a capture is written to", () => {
  const { signal } = new AbortController();

  /** Writes to a file; what is reported as a problem. */
  async function write(file: string, bytes: Buffer): Promise<unknown[]> {
    const told: unknown[] = [];
    const output = { complain: (problem: unknown) => void told.push(problem) };
    const done = await withSink(file, { output, signal }, async ({ stream, begin }) => {
      await begin();
      stream.write(bytes);
      return "done";
    });
    expect(done).to.equal("done");
    return told;
  }

  it("is reported as incomplete, once, if its disk is full", async () => {
    const told = await write("/dev/full", MUCH);
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/^\/dev\/full is incomplete: ENOSPC/);
  });

  it("is reported as incomplete if only its last bytes cannot be written", async () => {
    expect(await write("/dev/full", Buffer.alloc(1))).to.have.length(1);
  });

  it("is complete once it has been closed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "taas-sink-"));
    const file = join(folder, "web.pcapng");
    expect(await write(file, MUCH)).to.deep.equal([]);
    expect((await readFile(file)).equals(MUCH)).to.equal(true);
    await rm(folder, { recursive: true });
  });
});
