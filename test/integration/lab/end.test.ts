import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../lab/command.js";
import { startLab } from "../../lab/lab.js";

/** What tells a lab's things from others' on the machine. */
interface Traces {
  id: string;
  directory: string;
  pidNamespace: string;
}

/** What there is of a lab: namespaces, processes in its PID namespace, its directory. */
async function remains({ id, directory, pidNamespace }: Traces): Promise<string[]> {
  const names = (await readdir("/run/netns")).filter((name) => name.startsWith(`taas-${id}-`));
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map(async (pid) => {
      if ((await readlink(`/proc/${pid}/ns/pid`).catch(() => "")) !== pidNamespace) return [];
      return [`${pid} ${await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")}`];
    }),
  );
  return [...names, ...commands.flat(), ...(existsSync(directory) ? [directory] : [])];
}

async function eventuallyNothing(traces: Traces): Promise<string[]> {
  const end = performance.now() + 10_000;
  for (;;) {
    const left = await remains(traces);
    if (left.length === 0 || performance.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("the end of a lab", function () {
  this.timeout(30_000);

  it("leaves nothing, and does not affect another lab that runs at the same time", async () => {
    const [first, second] = await Promise.all([
      startLab({ hosts: 1, vms: [{ name: "web", host: 1 }] }),
      startLab({ hosts: 1, vms: [{ name: "web", host: 1 }] }),
    ]);
    try {
      expect(first.host(1).sshPort).to.not.equal(second.host(1).sshPort);
      await first.vm("web").send([Buffer.alloc(60)]);
      await first.vm("web").capture();
      const pidNamespace = (await first.host(1).ovs("readlink /proc/self/ns/pid")).trim();
      const traces = { id: first.id, directory: first.directory, pidNamespace };
      expect(await remains(traces)).to.have.length.above(8);
      await first.stop();
      expect(await remains(traces)).to.deep.equal([]);
      expect((await run(["ssh", "-F", second.sshConfig, "host1", "true"])).exitCode).to.equal(0);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  it("follows at once, leaving nothing, when the lab cannot be created", async () => {
    const broken = startLab({ hosts: 2, vms: [{ name: "a", host: 1, mac: "not-a-mac" }] });
    const error = await broken.then(
      (lab) => lab.stop().then(() => "it started"),
      (reason: Error) => reason.message,
    );
    expect(error).to.match(/not-a-mac/);
    const [, id] = error.match(/taas-([0-9a-f]+)-h1/)!;
    expect((await readdir("/run/netns")).filter((name) => name.includes(id!))).to.deep.equal([]);
    expect((await readdir(tmpdir())).filter((name) => name.includes(id!))).to.deep.equal([]);
  });

  for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
    it(`leaves nothing when its owner is ended by ${signal}`, async () => {
      const cli = join(__dirname, "../../lab/cli.js");
      const owner = spawn(process.execPath, [cli, "up", "--hosts=1", "--vm=name=a,host=1"]);
      const line = await new Promise<string>((resolve, reject) => {
        owner.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
        owner.once("exit", () => reject(new Error("the lab's owner ended at once")));
      });
      const { id, directory, sshConfig } = JSON.parse(line) as { [key: string]: string };
      const { stdout } = await run(["ssh", "-F", sshConfig!, "host1", "readlink /proc/self/ns/pid"]);
      const traces = { id: id!, directory: directory!, pidNamespace: stdout.trim() };
      expect(await remains(traces)).to.have.length.above(5);
      const exit = once(owner, "exit");
      owner.kill(signal);
      await exit;
      expect(await eventuallyNothing(traces)).to.deep.equal([]);
    });
  }
});
