import { expect } from "chai";
import { Login } from "../../../console/server/http/login";
import { type BareConsole, startBareConsole } from "../../console/bareConsole";
import { ConsoleClient } from "../../console/client";

describe("the link of the console", () => {
  const pairOf = (cookie: string | undefined) => cookie!.split(";")[0]!;
  const tokenOf = (login: Login) => new URLSearchParams(login.path.split("?")[1]).get("token");

  it("logs in once, and its cookie alone is known", () => {
    const login = new Login(() => 8080);
    const token = tokenOf(login);
    expect(login.enter(null)).to.equal(undefined);
    expect(login.enter("")).to.equal(undefined);
    const cookie = login.enter(token);
    expect(cookie).to.match(/^taas-console-8080=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(login.has({ cookie: `taas-console-8080=${token}` })).to.equal(false);
    expect(login.has({})).to.equal(false);
    expect(login.has({ cookie: `other=1; ${pairOf(cookie)}` })).to.equal(true);
    expect(login.has({ cookie: pairOf(cookie) })).to.equal(true);
    expect(login.enter(token)).to.equal(undefined);
    expect(new Login(() => 8080).has({ cookie: pairOf(cookie) })).to.equal(false);
  });

  it("gives each request another cookie, of which the first that comes back counts alone", () => {
    const login = new Login(() => 8080);
    const cookies = Array.from({ length: 20 }, () => pairOf(login.enter(tokenOf(login))));
    expect(new Set(cookies).size).to.equal(20);
    expect(login.has({ cookie: cookies[0]! }), "one that is too old").to.equal(false);
    expect(login.has({ cookie: cookies[10]! })).to.equal(true);
    expect(login.has({ cookie: cookies[19]! }), "read by another before").to.equal(false);
  });

  describe("on a server", () => {
    let console: BareConsole;
    beforeEach(async () => {
      console = await startBareConsole();
    });
    afterEach(() => console.close());

    it("is not used up by what follows links, by HEAD or GET, and keeps no cookie", async () => {
      const { origin } = new URL(console.url);
      const head = await fetch(console.url, { method: "HEAD", redirect: "manual" });
      expect([head.status, head.headers.get("set-cookie")]).to.deep.equal([405, null]);
      const others: Record<string, string>[] = [{}, { "sec-purpose": "prefetch" }, { "user-agent": "link" }];
      for (const headers of others) expect((await fetch(console.url, { headers })).status).to.equal(200);
      expect((await fetch(`${origin}/api/session`)).status).to.equal(401);
      const client = await new ConsoleClient(console).logIn();
      expect(await client.get("/api/session")).to.include({ user: "operator", role: "admin" });
      const again = await new ConsoleClient(console).logIn();
      expect((await again.ask("GET", "/api/session")).status).to.equal(401);
    });

    it("cannot be opened twice, nor anything but files be asked for by HEAD", async () => {
      const client = await new ConsoleClient(console).logIn();
      await client.get("/api/session");
      const { status, headers } = await fetch(console.url, { redirect: "manual" });
      expect([status, headers.get("set-cookie")]).to.deep.equal([401, null]);
      const ask = (path: string) => fetch(client.origin + path, { method: "HEAD", headers: client.headers });
      expect((await ask("/")).status).to.equal(200);
      for (const path of ["/api/session", "/api/events", "/api/events?tap=0123456789abcdef&watch=1"])
        expect((await ask(path)).status, path).to.equal(405);
    });
  });
});
