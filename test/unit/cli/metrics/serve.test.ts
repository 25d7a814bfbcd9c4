import { connect } from "node:net";
import { hostname } from "node:os";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { serve } from "../../../../cli/metrics/serve";

describe("the server of metrics", () => {
  it("renders the page once for all concurrent requests, and ends when it is told to", async () => {
    const ending = new AbortController();
    let made = 0;
    let finish = (_: string) => {};
    const text = () => {
      made += 1;
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    };
    let told = (_: string) => {};
    const address = new Promise<string>((resolve) => {
      told = resolve;
    });
    const page = { contentType: "text/plain; version=0.0.4", text };
    const serving = serve(page, { host: "127.0.0.1", port: 0 }, { signal: ending.signal, listening: told });
    const url = await address;
    const first = fetch(url);
    const second = fetch(`${url}?name=x`);
    const elsewhere = await fetch(new URL("/other", url));
    const posted = await fetch(url, { method: "POST" });
    expect([elsewhere.status, posted.status, made]).to.deep.equal([404, 405, 1]);
    finish("taas_host_up 1\n");
    expect(await Promise.all([first, second].map(async (one) => (await one).text()))).to.deep.equal([
      "taas_host_up 1\n",
      "taas_host_up 1\n",
    ]);
    ending.abort();
    await serving;
    expect(await fetch(url).catch(() => "gone")).to.equal("gone");
  });

  describe("asked by a browser on its machine", () => {
    const ending = new AbortController();
    let serving: Promise<void>;
    let port: number;
    before(async () => {
      const page = { contentType: "text/plain", text: async () => "" };
      await new Promise<void>((resolve) => {
        const listening = (url: string) => {
          port = Number(new URL(url).port);
          resolve();
        };
        const endpoint = { host: "127.0.0.1", port: 0, names: ["node1.example.org"] };
        serving = serve(page, endpoint, { signal: ending.signal, listening });
      });
    });
    after(() => {
      ending.abort();
      return serving;
    });

    /** The answer to a request with a `Host`, or without one, as old clients send it. */
    async function answerTo(host: string | undefined): Promise<string> {
      const socket = connect(port, "127.0.0.1");
      const head = host === undefined ? "GET /metrics HTTP/1.0" : `GET /metrics HTTP/1.1\r\nHost: ${host}`;
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      return text(socket);
    }

    async function statusFor(host: string | undefined): Promise<number> {
      return Number((await answerTo(host)).split(" ")[1]);
    }

    const own = ["127.0.0.1:9843", "localhost:9843", "LocalHost", "[::1]:9843", "192.0.2.7", hostname()];
    const given = ["node1.example.org:9843", "Node1.Example.org", "node1.example.org.:9843", "localhost."];
    for (const host of [undefined, "", ...own, ...given])
      it(`answers as ${JSON.stringify(host ?? null)}`, async () => {
        expect(await statusFor(host)).to.equal(200);
      });

    for (const host of [
      "evil.example",
      "evil.example:9843",
      "127.0.0.1.evil.example",
      "localhost.evil.example:80",
      "node1.evil.example",
      "node1.example.org.evil.example",
      "node1.example.org..",
    ])
      it(`refuses the name ${host}`, async () => {
        expect(await statusFor(host)).to.equal(421);
      });

    it("says how it gets a name", async () => {
      expect(await answerTo("node2.example.org")).to.contain("--name");
    });
  });

  it("reports that it cannot listen", async () => {
    const failure = await serve(
      { contentType: "", text: async () => "" },
      { host: "192.0.2.1", port: 9 },
      { signal: new AbortController().signal, listening: () => {} },
    ).catch((error: Error) => error.message);
    expect(failure).to.match(/EADDRNOTAVAIL/);
  });
});
