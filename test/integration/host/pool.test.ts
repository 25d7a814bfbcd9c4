import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { constants, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { failureOf, makeClient } from "./client";
import {
  isRunning,
  makeWorkshop,
  type SshServer,
  sessionsOf,
  startSshServer,
  type Workshop,
  waitUntil,
} from "./sshServer";

describe("the connection pool", () => {
  let workshop: Workshop;
  let server: SshServer;

  before(() => {
    workshop = makeWorkshop();
  });
  beforeEach(async () => {
    server = await startSshServer(workshop);
  });
  afterEach(() => server.stop());
  after(() => workshop.remove());

  const logins = () => server.log().match(/Accepted publickey/g)?.length ?? 0;

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: opens one connection for all names of the same server and user`, async () => {
      const config = [
        "Host alias-a alias-b",
        `HostName 127.0.0.1\nPort ${server.port}\nUser ${userInfo().username}`,
      ];
      const client = makeClient(workshop, server.knownHostsLine, config);
      const hosts = [
        client.record(server, { transport }),
        { name: "a", address: "alias-a", transport },
        { name: "b", address: "alias-b", transport },
      ];
      const outputs = await Promise.all(
        hosts.map((host) => client.pool.use(host, (session) => session.exec(["true"]))),
      );
      expect(outputs).to.have.lengthOf(3);
      expect(logins()).to.equal(1);
      await client.pool.closeAll();
    });
  }

  it("names a host in errors as the caller does, even on a shared connection", async () => {
    const config = ["Host alias-a", `HostName 127.0.0.1\nPort ${server.port}\nUser ${userInfo().username}`];
    const client = makeClient(workshop, server.knownHostsLine, config);
    await client.pool.use(client.record(server), (session) => session.exec(["true"]));
    const slow = client.pool.use({ name: "a", address: "alias-a" }, (session) =>
      session.exec(["sleep", "9"], { timeoutMs: 50 }),
    );
    expect((await failureOf(slow)).message).to.match(/^host a: /);
    await client.pool.closeAll();
  });

  it("closes a connection that nobody uses, and lets the process end", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    await client.pool.use(client.record(server), (session) => session.exec(["true"]));
    expect(sessionsOf(server.pid)).not.to.be.empty;
    await waitUntil(() => sessionsOf(server.pid).length === 0);
    expect(logins()).to.equal(1);
  });

  it("keeps a connection while somebody uses it, however long", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    await client.pool.use(client.record(server), async (session) => {
      await session.exec(["true"]);
      await sleep(1500);
      await session.exec(["true"]);
    });
    expect(logins()).to.equal(1);
    await client.pool.closeAll();
  });

  it("connects twelve hosts through a server that drops all but a few at once", async function () {
    this.timeout(30_000);
    const addresses = Array.from({ length: 12 }, (_, index) => `127.0.1.${index + 1}`);
    const narrow = await startSshServer(workshop, {
      config: [
        ...addresses.map((address) => `ListenAddress ${address}:${server.port}`),
        "MaxStartups 2:100:2",
      ],
    });
    const client = makeClient(workshop, `* ${narrow.hostKey}`, [], {
      hostConcurrency: 12,
      connectTimeout: 20,
    });
    const hosts = addresses.map((address) => client.record(server, { name: address, address }));
    const results = await Promise.all(
      hosts.map((host) => client.pool.use(host, (session) => session.exec(["true"]))),
    );
    expect(results.every(({ exitCode }) => exitCode === 0)).to.equal(true);
    expect(narrow.log()).to.match(/MaxStartups/i);
    await client.pool.closeAll();
  });

  it("does not try a refused login twice", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    const host = client.record(server, { user: "taas-nobody" });
    expect((await failureOf(client.pool.use(host, (session) => session.exec(["true"])))).code).to.equal(
      "auth-failed",
    );
    expect(server.log().match(/Connection from/g)).to.have.lengthOf(1);
  });

  it("opens no more connections at once than it is told to", async () => {
    const aliases = Array.from({ length: 6 }, (_, index) => `127.0.2.${index + 1}`);
    const many = await startSshServer(workshop, {
      config: [...aliases.map((address) => `ListenAddress ${address}:${server.port}`), "MaxStartups 4:100:4"],
    });
    const client = makeClient(workshop, `* ${many.hostKey}`, [], { hostConcurrency: 2 });
    const hosts = aliases.map((address) => client.record(server, { name: address, address }));
    await Promise.all(hosts.map((host) => client.pool.use(host, (session) => session.exec(["true"]))));
    expect(many.log()).not.to.match(/MaxStartups/i);
    await client.pool.closeAll();
  });

  for (const [transport, work, signal] of [
    ["ssh2", "1", "SIGINT"],
    ["openssh", "1", "SIGINT"],
    ["openssh", "1", "SIGTERM"],
    ["ssh2", "30", "SIGINT"],
    ["ssh2", "30", "SIGHUP"],
  ] as const) {
    it(`${transport}: ends soon after ${signal}, with a running command of ${work} s, and leaves no file`, async () => {
      const temporary = mkdtempSync(join(workshop.path, "t-"));
      const client = makeClient(workshop, server.knownHostsLine);
      const program = workshop.file(
        `ended-${transport}-${work}-${signal}.cjs`,
        `const { ConnectionPool } = require(${JSON.stringify(join(__dirname, "../../../provider/host/pool.js"))});
const { closeOnSignal } = require(${JSON.stringify(join(__dirname, "../../../provider/host/shutdown.js"))});
const pool = new ConnectionPool(${JSON.stringify(client.settings)});
closeOnSignal(pool);
closeOnSignal(pool);
pool.use(${JSON.stringify(client.record(server, { transport }))}, async (session) => {
  await session.exec(["true"]);
  console.log("working");
  const first = await session.exec(["sh", "-c", "sleep ${work}; echo finished"]).catch((error) => error);
  console.log(first.stdout ?? first.code);
  await session.exec(["true"]).catch((error) => console.log(error.code));
});
`,
      );
      const child = spawn(process.execPath, [program], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TMPDIR: temporary },
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      await waitUntil(() => output.includes("working") && isRunning(server.pid, `sleep ${work}`));
      const before = Date.now();
      if (transport === "openssh") expect(readdirSync(temporary)).to.have.lengthOf(1);
      child.kill(signal);
      const code = await new Promise((resolve) => child.once("close", resolve));
      expect(code).to.equal(128 + constants.signals[signal]);
      expect(readdirSync(temporary)).to.deep.equal([]);
      expect(Date.now() - before, "the engine kills it then").to.be.lessThan(5000);
      expect(output).to.include(work === "30" ? "connection-lost" : "finished\n\ncancelled");
      await waitUntil(() => sessionsOf(server.pid).length === 0);
    });
  }

  it("leaves no master behind when the process is killed, and its files only until the next process", async () => {
    const client = makeClient(workshop, server.knownHostsLine);
    const temporary = join(workshop.path, "tmp-killed");
    mkdirSync(temporary);
    const program = workshop.file(
      "killed.cjs",
      `const { ConnectionPool } = require(${JSON.stringify(join(__dirname, "../../../provider/host/pool.js"))});
new ConnectionPool(${JSON.stringify(client.settings)}).use(${JSON.stringify(client.record(server, { transport: "openssh" }))}, async (session) => {
  await session.exec(["true"]);
  console.log("working");
  await new Promise(() => {});
});
setInterval(() => {}, 1000);
`,
    );
    const start = async () => {
      const started = spawn(process.execPath, [program], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, TMPDIR: temporary },
      });
      await new Promise((resolve) => started.stdout.once("data", resolve));
      return started;
    };
    const child = await start();
    const [master] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map(Number);
    child.kill("SIGKILL");
    await waitUntil(() => !running(master!));
    await waitUntil(() => sessionsOf(server.pid).length === 0);
    const left = readdirSync(temporary);
    expect(left).to.have.lengthOf(1);
    mkdirSync(join(temporary, `${left[0]!.replace(/-\d+-\w+$/, "")}-1-others`));
    const alive = await start();
    const other = await start();
    const now = readdirSync(temporary);
    expect(now).to.have.lengthOf(3).and.not.to.include(left[0]);
    for (const one of [alive, other]) {
      one.kill("SIGKILL");
      await new Promise((resolve) => one.once("close", resolve));
    }
  });
});

function running(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
