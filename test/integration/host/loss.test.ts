import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { slowWay } from "../../slowWay";
import { failureOf, makeClient } from "./client";
import {
  cutSessions,
  isRunning,
  makeWorkshop,
  type SshServer,
  sessionsOf,
  startSshServer,
  type Workshop,
  waitUntil,
} from "./sshServer";

for (const transport of ["ssh2", "openssh"] as const) {
  describe(`a lost connection over transport ${transport}`, () => {
    let workshop: Workshop;
    let server: SshServer;

    before(async () => {
      workshop = makeWorkshop();
      server = await startSshServer(workshop);
    });

    after(() => workshop.remove());

    it("rejects running and queued commands, and the next use connects again", async () => {
      const client = makeClient(workshop, server.knownHostsLine);
      const host = client.record(server, { transport });
      const commands = client.pool.use(host, (session) =>
        Promise.all(
          Array.from({ length: 12 }, () =>
            failureOf(session.exec(["sh", "-c", "echo started >&2; sleep 20"])),
          ),
        ),
      );
      await waitUntil(() => (server.log().match(/Starting session: command/g) ?? []).length >= 8);
      cutSessions(server.pid);
      const errors = await commands;
      expect(new Set(errors.map(({ code }) => code))).to.deep.equal(new Set(["connection-lost"]));
      expect(errors[0]!.message).to.match(/^host compute-1: the connection to \w+@127\.0\.0\.1:\d+ was lost/);
      expect((await client.pool.use(host, (session) => session.exec(["echo", "again"]))).stdout).to.equal(
        "again\n",
      );
      await client.pool.closeAll();
    });

    it("ends open streams", async () => {
      const path = join(workshop.path, "silent.sock");
      const accepted: Socket[] = [];
      const listener = createServer((socket) => accepted.push(socket.on("error", () => {})));
      await new Promise<void>((resolve) => listener.listen(path, resolve));
      const client = makeClient(workshop, server.knownHostsLine);
      const stream = await client.pool.use(client.record(server, { transport }), (session) =>
        session.openSocket(path),
      );
      const ended = new Promise<string>((resolve) => {
        stream.on("error", () => {}).once("close", () => resolve("closed"));
        stream.resume();
      });
      cutSessions(server.pid);
      expect(await ended).to.equal("closed");
      await client.pool.closeAll();
      listener.close();
    });

    it("is noticed when the peer vanished silently", async () => {
      const frozen = await startSshServer(workshop);
      const settings = { operationTimeout: 60, connectTimeout: 5 };
      const client = makeClient(workshop, frozen.knownHostsLine, [], settings);
      const host = client.record(frozen, { transport });
      const command = failureOf(client.pool.use(host, (session) => session.exec(["sleep", "60"])));
      const running = waitUntil(() => isRunning(frozen.pid, "sleep 60"));
      await Promise.race([running, command.then((error) => Promise.reject(error))]);
      for (const pid of sessionsOf(frozen.pid)) process.kill(pid, "SIGSTOP");
      expect((await command).code).to.equal("connection-lost");
    });

    it("is not one over a way so slow that answers wait behind what is under way", async () => {
      const path = join(workshop.path, "talkative.sock");
      const block = Buffer.alloc(64 * 1024);
      const listener = createServer((socket) => {
        const write = () => {
          while (!socket.destroyed && socket.write(block));
        };
        socket
          .on("error", () => {})
          .on("drain", write)
          .once("data", write);
      });
      await new Promise<void>((resolve) => listener.listen(path, resolve));
      const way = await slowWay(server.port, 400_000);
      const line = server.knownHostsLine.replace(String(server.port), String(way.port));
      const client = makeClient(workshop, line, [], { connectTimeout: 2 });
      const record = { ...client.record(server, { transport }), port: way.port };
      let heard = 0;
      const ended = await client.pool.use(record, async (session) => {
        const stream = await session.openSocket(path);
        stream.on("data", (chunk: Buffer) => {
          heard += chunk.length;
        });
        stream.write("go");
        const closing = new Promise((resolve) => stream.on("error", resolve).on("close", resolve));
        return Promise.race([closing, sleep(3500)]);
      });
      expect(ended).to.equal(undefined);
      expect(heard).to.be.within(500_000, 4_000_000);
      await client.pool.closeAll();
      listener.close();
      way.close();
    });

    it("closes while commands run, and rejects them", async () => {
      const client = makeClient(workshop, server.knownHostsLine);
      const host = client.record(server, { transport });
      const running = client.pool.use(host, async (session) => {
        await session.exec(["true"]);
        const failure = failureOf(session.exec(["sleep", "20"]));
        await client.pool.closeAll();
        return failure;
      });
      expect((await running).code).to.equal("connection-lost");
    });
  });
}
