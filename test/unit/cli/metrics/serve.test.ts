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

  it("reports that it cannot listen", async () => {
    const failure = await serve(
      { contentType: "", text: async () => "" },
      { host: "192.0.2.1", port: 9 },
      { signal: new AbortController().signal, listening: () => {} },
    ).catch((error: Error) => error.message);
    expect(failure).to.match(/EADDRNOTAVAIL/);
  });
});
