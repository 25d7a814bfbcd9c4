import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import { failureOf, makeClient, type TestClient } from "./client";
import { makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

for (const transport of ["ssh2", "openssh", "local"] as const) {
  describe(`commands over transport ${transport}`, () => {
    let workshop: Workshop;
    let server: SshServer;
    let client: TestClient;
    let host: HostRecord;

    before(async () => {
      workshop = makeWorkshop();
      server = await startSshServer(workshop);
      client = makeClient(workshop, server.knownHostsLine);
      host = client.record(server, { transport });
    });

    after(async () => {
      await client.pool.closeAll();
      await workshop.remove();
    });

    const exec = (argv: string[], options = {}) =>
      client.pool.use(host, (session) => session.exec(argv, options));

    it("keeps standard output, standard error and the exit code apart", async () => {
      const result = await exec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
      expect(result).to.deep.equal({ stdout: "out\n", stderr: "err\n", exitCode: 3 });
    });

    it("passes every word unchanged", async () => {
      const words = [
        "",
        "a b",
        "$HOME",
        "`id`",
        "it's",
        '"q"',
        "\\",
        "\n",
        "*",
        "~",
        "-n",
        "#x",
        "ünï",
        "!!",
        "a=b",
      ];
      const { stdout } = await exec(["printf", "[%s]", ...words]);
      expect(stdout).to.equal(words.map((word) => `[${word}]`).join(""));
    });

    it("reports a missing command as exit code 127", async () => {
      const { exitCode, stderr } = await exec(["taas-no-such-command"]);
      expect(exitCode).to.equal(127);
      expect(stderr).to.match(/not found/);
    });

    it("passes a megabyte through standard input and output unharmed", async () => {
      const input = "0123456789abcdef".repeat(65536);
      const { stdout } = await exec(["cat"], { input });
      expect(stdout === input).to.equal(true);
    });

    it("gives a command without input an empty standard input", async () => {
      expect((await exec(["wc", "-c"])).stdout.trim()).to.equal("0");
    });

    it("does not wait for a command that leaves its input unread", async () => {
      expect((await exec(["true"], { input: "x".repeat(4_000_000) })).exitCode).to.equal(0);
    });

    it("runs twenty commands at once, more than the server has sessions", async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => exec(["sh", "-c", `sleep 0.2; echo ${index}`])),
      );
      expect(results.map(({ stdout }) => Number(stdout))).to.deep.equal(
        Array.from({ length: 20 }, (_, index) => index),
      );
    });

    it("aborts a command at its time limit, and continues working", async () => {
      const error = await failureOf(exec(["sleep", "30"], { timeoutMs: 300 }));
      expect(error.code).to.equal("operation-timeout");
      expect(error.message).to.match(/^host compute-1: .*sleep 30.* longer than 0.3 s/);
      expect((await exec(["echo", "on"])).stdout).to.equal("on\n");
    });

    it("refuses more output than it can keep", async () => {
      const error = await failureOf(exec(["sh", "-c", "head -c 68000000 /dev/zero"]));
      expect(error.code).to.equal("output-too-large");
    });

    it("reports a command that a signal ended as 128 and the signal's number", async () => {
      expect((await exec(["sh", "-c", "kill -TERM $$"])).exitCode).to.equal(143);
    });

    it("reports an exit code of 255 as any other", async () => {
      expect(await exec(["sh", "-c", "exit 255"])).to.deep.equal({ stdout: "", stderr: "", exitCode: 255 });
    });
  });
}

for (const [transport, limit] of [
  ["ssh2", 2],
  ["openssh", 3],
] as const) {
  it(`runs twelve commands at once over ${transport} on a server with MaxSessions ${limit}`, async () => {
    const workshop = makeWorkshop();
    const server = await startSshServer(workshop, { config: [`MaxSessions ${limit}`] });
    const client = makeClient(workshop, server.knownHostsLine);
    try {
      const results = await client.pool.use(client.record(server, { transport }), (session) =>
        Promise.all(
          Array.from({ length: 12 }, (_, index) => session.exec(["sh", "-c", `sleep 0.1; echo ${index}`])),
        ),
      );
      expect(results.map(({ stdout }) => Number(stdout))).to.deep.equal(
        Array.from({ length: 12 }, (_, index) => index),
      );
    } finally {
      await client.pool.closeAll();
      await workshop.remove();
    }
  });
}

it("reports that a server opens no session at all", async () => {
  const workshop = makeWorkshop();
  const server = await startSshServer(workshop, { config: ["MaxSessions 0"] });
  const client = makeClient(workshop, server.knownHostsLine);
  try {
    const error = await failureOf(
      client.pool.use(client.record(server), (session) => session.exec(["true"])),
    );
    expect(error.code).to.equal("session-refused");
    expect(error.hint).to.include("MaxSessions");
  } finally {
    await client.pool.closeAll();
    await workshop.remove();
  }
});
