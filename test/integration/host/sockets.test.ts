import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import type { HostSession } from "../../../provider/host/session";
import { absent, failureOf, makeClient, type TestClient } from "./client";
import { makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

for (const transport of ["ssh2", "openssh", "local"] as const) {
  describe(`unix sockets over transport ${transport}`, () => {
    let workshop: Workshop;
    let server: SshServer;
    let client: TestClient;
    let host: HostRecord;
    let echo: Server;
    let path: string;

    before(async () => {
      workshop = makeWorkshop();
      server = await startSshServer(workshop);
      client = makeClient(workshop, server.knownHostsLine);
      host = client.record(server, { transport });
      path = join(workshop.path, "echo.sock");
      echo = createServer((socket) => socket.pipe(socket).on("error", () => {}));
      await new Promise<void>((resolve) => echo.listen(path, resolve));
    });

    after(async () => {
      await client.pool.closeAll();
      await new Promise((resolve) => echo.close(resolve));
      await workshop.remove();
    });

    const use = <T>(work: (session: HostSession) => Promise<T>) => client.pool.use(host, work);

    it("carries both directions", async () => {
      const text = await use(async (session) => roundTrip(await session.openSocket(path), "hello"));
      expect(text).to.equal("hello");
    });

    it("carries forty streams at once", async () => {
      const texts = await use((session) =>
        Promise.all(
          Array.from({ length: 40 }, async (_, index) =>
            roundTrip(await session.openSocket(path), `stream ${index}`),
          ),
        ),
      );
      expect(texts).to.deep.equal(Array.from({ length: 40 }, (_, index) => `stream ${index}`));
    });

    it("carries a megabyte unharmed", async () => {
      const sent = "0123456789abcdef".repeat(65536);
      const text = await use(async (session) => roundTrip(await session.openSocket(path), sent));
      expect(text === sent).to.equal(true);
    });

    it("ends open streams when the connection is closed", async () => {
      const ended = streamEnded(await use((session) => session.openSocket(path)));
      await client.pool.closeAll();
      await ended;
    });

    it("ends open streams when the connection has been idle", async () => {
      await streamEnded(await use((session) => session.openSocket(path)));
    });

    it("says that a socket does not exist", async () => {
      const error = await failureOf(use((session) => session.openSocket(absent(workshop))));
      expect(error.code).to.equal("socket-refused");
      expect(error.message).to.match(/^host compute-1: the socket .*absent/);
    });
  });
}

for (const transport of ["ssh2", "openssh"] as const) {
  it(`says over transport ${transport} that the server forwards no sockets`, async () => {
    const workshop = makeWorkshop();
    const server = await startSshServer(workshop, { config: ["AllowStreamLocalForwarding no"] });
    const client = makeClient(workshop, server.knownHostsLine);
    const path = join(workshop.path, "there.sock");
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    try {
      const host = client.record(server, { transport });
      const error = await failureOf(client.pool.use(host, (session) => session.openSocket(path)));
      expect(error.code).to.equal("socket-refused");
      expect(error.hint).to.include("AllowStreamLocalForwarding");
    } finally {
      await client.pool.closeAll();
      listener.close();
      await workshop.remove();
    }
  });
}

function streamEnded(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.once("close", resolve).resume();
  });
}

async function roundTrip(stream: Duplex, text: string): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => stream.once("end", resolve).once("error", reject));
  stream.end(text);
  await ended;
  return Buffer.concat(chunks).toString();
}
