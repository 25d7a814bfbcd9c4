import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { type BareConsole, startBareConsole } from "../../console/bareConsole";
import { ConsoleClient, until } from "../../console/client";
import { PEOPLE } from "../../console/people";

describe("what one person may take of the console", function () {
  this.timeout(20_000);
  let console: BareConsole;
  const sockets = new Set<Socket>();
  const as = (user: string) => new ConsoleClient(console, user);

  beforeEach(async () => {
    console = await startBareConsole({ approval: false, users: PEOPLE, ports: {} });
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await console.close();
  });

  /** A connection on which a text is said, and nothing more. What comes is kept. */
  async function say(
    text: string,
  ): Promise<{ socket: Socket; heard: () => string; isClosed: () => boolean }> {
    const { hostname, port } = new URL(console.url);
    const socket = connect(Number(port), hostname);
    sockets.add(socket);
    let [heard, isClosed] = ["", false];
    socket.setEncoding("utf8").on("data", (more: string) => {
      heard += more;
    });
    socket
      .on("error", () => {})
      .on("close", () => {
        isClosed = true;
      });
    await new Promise((resolve) => socket.once("connect", resolve));
    if (text !== "") socket.write(text);
    return { socket, heard: () => heard, isClosed: () => isClosed };
  }

  const head = (line: string, user: string) =>
    `${line} HTTP/1.1\r\nHost: ${new URL(console.url).host}\r\nx-user: ${user}\r\n`;
  const stream = (user: string) => say(`${head("GET /api/events", user)}\r\n`);

  it("is 16 streams: the oldest ends for a newer one, and its page waits before it asks again", async () => {
    const own: Awaited<ReturnType<typeof stream>>[] = [];
    const ada = await stream("ada");
    for (let count = 0; count < 20; count += 1) {
      const next = await stream("tim");
      await until(next.heard, (heard) => heard.includes("snapshot"));
      own.push(next);
    }
    await until(
      () => own.filter(({ isClosed }) => isClosed()).length,
      (closed) => closed === 4,
    );
    expect(own.map(({ isClosed }) => isClosed())).to.deep.equal([
      ...Array(4).fill(true),
      ...Array(16).fill(false),
    ]);
    expect(own[0]!.heard()).to.include("retry: 30000");
    expect(ada.isClosed()).to.equal(false);
  });

  it("does not keep others out, with 600 connections that say nothing, half a request, or are refused", async () => {
    const texts = ["", "GET / HTTP/1.1\r\nHost:", `${head("GET /api/events", "mallory")}\r\n`];
    for (let count = 0; count < 600; count += 1) await say(texts[count % 3]!);
    expect(await as("ada").get("/api/session")).to.include({ user: "ada" });
    const ada = await stream("ada");
    await until(ada.heard, (heard) => heard.includes("snapshot"));
  });

  it("is 32 requests that have not been answered, and others go on", async () => {
    const slow = `${head("POST /api/previews", "tim")}Origin: ${new URL(console.url).origin}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`;
    for (let count = 0; count < 32; count += 1) await say(slow);
    const refused = await until(
      () => as("tim").ask("GET", "/api/session"),
      ({ status }) => status !== 200,
    );
    expect([refused.status, (refused.body as { code: string }).code]).to.deep.equal([429, "too-many"]);
    expect(await as("rita").get("/api/session")).to.include({ user: "rita" });
    for (const socket of sockets) socket.destroy();
    await until(
      () => as("tim").ask("GET", "/api/session"),
      ({ status }) => status === 200,
    );
  });
});
