import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { failureOf, makeClient } from "./client";
import { makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

/** A variable of this process's environment, as a token of the operator's would be. */
const VARIABLE = "TAAS_TEST_TOKEN";
const SECRET = "s3cr3t-0f9c";

describe("a server that tries to learn something about the operator's machine", () => {
  let workshop: Workshop;
  let server: SshServer;

  before(async () => {
    process.env[VARIABLE] = SECRET;
    workshop = makeWorkshop();
  });
  /** The server's log shows what each request asks for, and the environment of each session. */
  beforeEach(async () => {
    server = await startSshServer(workshop, { config: ["LogLevel DEBUG3", "AcceptEnv *"] });
  });
  afterEach(() => server.stop());
  after(async () => {
    delete process.env[VARIABLE];
    await workshop.remove();
  });

  for (const transport of ["openssh", "ssh2"] as const) {
    it(`${transport}: is asked for a socket by the very name it gave, or not at all`, async () => {
      const client = makeClient(workshop, server.knownHostsLine);
      const host = client.record(server, { transport });
      for (const path of [`/x/\${${VARIABLE}}/db.sock`, "/x/%d/db.sock", "/x/%u:1", "/x/%l"]) {
        const error = await failureOf(client.pool.use(host, (session) => session.openSocket(path)));
        expect(error.code).to.equal("socket-refused");
      }
      await client.pool.closeAll();
      expect(server.log()).to.include("Accepted publickey").and.not.to.include(SECRET);
      if (transport === "openssh") expect(server.log()).not.to.include("direct-streamlocal");
    });

    it(`${transport}: gets no variable of the environment, whatever SendEnv says`, async () => {
      const config = ["Host *", "SendEnv *", `SendEnv ${VARIABLE} LC_* LANG`];
      const client = makeClient(workshop, server.knownHostsLine, config);
      const host = client.record(server, { transport });
      const { stdout } = await client.pool.use(host, (session) => session.exec(["env"]));
      await client.pool.closeAll();
      expect(stdout).to.include("SSH_CONNECTION").and.not.to.include(SECRET);
      expect(server.log()).to.include("Accepted publickey").and.not.to.include(VARIABLE);
    });
  }

  for (const transport of ["openssh", "ssh2"] as const) {
    it(`${transport}: learns nothing through its run directory`, async () => {
      for (const rundir of [`/x/\${${VARIABLE}}`, "/x/%d", "/x:/y"]) {
        const telling = await startSshServer(workshop, {
          config: ["LogLevel DEBUG3", `SetEnv HOME=${workshop.path} OVS_RUNDIR=${rundir}`],
        });
        const client = makeClient(workshop, telling.knownHostsLine);
        const host = client.record(telling, { transport });
        const error = await failureOf(client.pool.use(host, (session) => session.openOvsdb()));
        await client.pool.closeAll();
        expect(error.code).to.equal("no-ovs");
        expect(error.message).to.include(JSON.stringify(rundir));
        expect(telling.log()).to.include("Accepted publickey").and.not.to.include(SECRET);
        await telling.stop();
      }
    });
  }

  it("openssh: is asked for a socket by processes that have no variable of the environment to expand", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    const host = client.record(server, { transport: "openssh" });
    const path = join(workshop.path, "asked.sock");
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    const { PATH } = process.env;
    const ssh = execFileSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).trim();
    const [folder, seen] = [join(workshop.path, "bin"), join(workshop.path, "seen")];
    mkdirSync(folder);
    const lines = [`{ echo "$*"; tr '\\0' '\\n' < /proc/$$/environ; } >> ${seen}`, `exec ${ssh} "$@"`];
    writeFileSync(join(folder, "ssh"), ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
    await client.pool.use(host, async (session) => {
      await session.exec(["true"]);
      process.env.PATH = `${folder}:${PATH}`;
      const stream = await session.openSocket(path).finally(() => {
        process.env.PATH = PATH;
      });
      stream.destroy();
    });
    await client.pool.closeAll();
    listener.close();
    const said = readFileSync(seen, "utf8").trimEnd().split("\n");
    expect(said.filter((line) => line.includes(" -O forward "))).to.have.lengthOf(1);
    const variables = said.filter((line) => !line.startsWith("-F "));
    expect(new Set(variables)).to.deep.equal(new Set([`PATH=${folder}:${PATH}`, "LC_ALL=C"]));
  });

  it("openssh: opens a socket when it is requested again after a failure", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    const host = client.record(server, { transport: "openssh" });
    const path = join(workshop.path, "late.sock");
    const listener = createServer((socket) => socket.end("here"));
    const text = await client.pool.use(host, async (session) => {
      const { PATH } = process.env;
      await session.exec(["true"]);
      // Without a PATH the process that asks the master for the forward cannot be started.
      process.env.PATH = workshop.path;
      const error = await failureOf(session.openSocket(path));
      process.env.PATH = PATH;
      expect(error.code).to.equal("socket-refused");
      await new Promise<void>((resolve) => listener.listen(path, resolve));
      const stream = await session.openSocket(path);
      return new Promise((resolve) => stream.once("data", (chunk: Buffer) => resolve(chunk.toString())));
    });
    expect(text).to.equal("here");
    await client.pool.closeAll();
    listener.close();
  });
});
