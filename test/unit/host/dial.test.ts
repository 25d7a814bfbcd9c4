import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { dial } from "../../../provider/host/dial";
import type { Endpoint } from "../../../provider/host/endpoint";

describe("a connection to a server that does not listen yet", () => {
  let server: Server;
  let port: number;

  /** Begins to listen, on the port of before where there was one. */
  async function listen(): Promise<void> {
    server.listen(port ?? 0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }

  async function stop(): Promise<void> {
    server.close();
    await once(server, "close");
  }

  beforeEach(async () => {
    server = createServer((socket) => socket.destroy());
    await listen();
    await stop();
  });

  const dialled = (config: Endpoint["config"], signal = new AbortController().signal) =>
    dial(
      { name: "host1", hostname: "127.0.0.1", port, user: "ops", role: "host", config } as Endpoint,
      signal,
    );

  it("is attempted as often as the ssh configuration says", async () => {
    const dialling = dialled([["connectionattempts", ["3"]]]);
    await sleep(100);
    await listen();
    (await dialling).destroy();
    await stop();
  });

  it("is refused at once otherwise", async () => {
    for (const config of [[], [["connectionattempts", ["1"]]]] as Endpoint["config"][]) {
      const error = await dialled(config).catch((reason: unknown) => reason);
      expect(error).to.have.property("code", "unreachable");
      expect(error).to.have.property("message").that.includes("refused");
    }
  });

  it("is reported as refused when time runs out between two attempts", async () => {
    const error = await dialled([["connectionattempts", ["30"]]], AbortSignal.timeout(200)).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.have.property("message").that.includes("refused");
  });
});
