import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { HostSession } from "../../../provider/host/session";
import { makeClient } from "./client";
import { makeWorkshop, startSshServer } from "./sshServer";

/** What is sent through one connection, both as a command's input and by a socket: a quarter of a megabyte each. */
const MUCH = "0123456789abcdef".repeat(16_384);

/** How often the keys are renewed at least. A packet of up to 32 KB passes before the server notices that 16 KB have. */
const RENEWALS = 8;

/** Uses one connection for a long command, short ones and a socket, all at once. */
async function useAll(session: HostSession, socket: string): Promise<string[]> {
  const echoed = async () => {
    const stream = await session.openSocket(socket);
    stream.end(MUCH);
    return text(stream);
  };
  const output = async (argv: string[], input?: string) =>
    (await session.exec(argv, input === undefined ? {} : { input })).stdout;
  const short = Array.from({ length: 12 }, (_, index) => output(["echo", `${index}`]));
  return Promise.all([output(["cat"], MUCH), echoed(), ...short]);
}

for (const transport of ["ssh2", "openssh"] as const) {
  it(`carries everything over ${transport} while the server renews the keys after each 16 KB`, async () => {
    const workshop = makeWorkshop();
    const server = await startSshServer(workshop, { config: ["RekeyLimit 16K", "LogLevel DEBUG1"] });
    const client = makeClient(workshop, server.knownHostsLine, [], { operationTimeout: 60 });
    const path = join(workshop.path, "echo.sock");
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(path, resolve));
    try {
      const host = client.record(server, { transport });
      const [output, echoed, ...short] = await client.pool.use(host, (session) => useAll(session, path));
      expect([output === MUCH, echoed === MUCH]).to.deep.equal([true, true]);
      expect(short).to.deep.equal(Array.from({ length: 12 }, (_, index) => `${index}\n`));
      expect(server.log().match(/SSH2_MSG_NEWKEYS received/g)?.length).to.be.at.least(RENEWALS);
    } finally {
      await client.pool.closeAll();
      echo.close();
      await workshop.remove();
    }
  });
}
