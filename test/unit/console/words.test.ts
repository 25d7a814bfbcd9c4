import { expect } from "chai";
import { plain, plainLines } from "../../../console/web/plain";
import { pathOf, routeOf } from "../../../console/web/route";
import { byName, found } from "../../../console/web/search";
import { distance, rate } from "../../../console/web/words";
import { tapRow } from "../../browser/rows";

describe("the console's words", () => {
  it("tell a time by its distance", () => {
    const now = Date.UTC(2026, 10, 29);
    const at = (seconds: number) => distance(new Date(now + seconds * 1000).toISOString(), now);
    expect([-5, -600, 7200, -86_400 * 3, 30].map(at)).to.deep.equal([
      "just now",
      "10 min ago",
      "in 2 hours",
      "3 days ago",
      "in a moment",
    ]);
    expect(distance("soon", now)).to.equal(undefined);
  });

  it("show slow rates with one digit and fast ones as whole numbers", () => {
    expect([0, 0.25, 9.94, 10, 1204.4].map(rate)).to.deep.equal(["0", "0.3", "9.9", "10", "1,204"]);
  });

  it("escape what could reverse a line, and cut what is long", () => {
    expect(plain("a\u202eb\u001b[2J\ud800")).to.equal("a\\u202eb\\u001b[2J\\ud800");
    expect(plain("x".repeat(1 << 20), 5)).to.equal("xxxxx…");
    expect(plainLines("one\ntwo\u0007")).to.equal("one\ntwo\\u0007");
  });
});

describe("the console's search", () => {
  const rows = [
    tapRow({ name: "web", filter: "tcp port 443", state: "drifted" }),
    tapRow({ name: "db", host: "compute2" }),
    tapRow({ name: "Web-2", changedBy: "grace" }),
  ];
  const names = (asked: string, state?: "drifted") =>
    found(byName(rows), asked, state).map(({ name }) => name);

  it("finds rows with every word, wherever and however it is written, by name", () => {
    expect(names("")).to.deep.equal(["Web-2", "db", "web"]);
    expect(names("WEB 443")).to.deep.equal(["web"]);
    expect(names("tap-db ids")).to.deep.equal(["db"]);
    expect(names("grace")).to.deep.equal(["Web-2"]);
    expect(names("", "drifted")).to.deep.equal(["web"]);
    expect(names("nothing of this")).to.deep.equal([]);
  });
});

describe("the console's addresses", () => {
  it("lead back from a path to its subject, whatever the id consists of", () => {
    for (const id of ["acme/taps/prod/TapFlow/web", "../../etc", "a b?c#d%", "__proto__", "\u202e"])
      expect(routeOf(pathOf("taps", id))).to.deep.equal({ screen: "tap", id });
  });

  it("of nothing are no screen", () => {
    for (const path of ["/taps", "/taps/", "/taps/a/b", "/__proto__", "/constructor/x", "/taps/%E0%A4"])
      expect(routeOf(path)).to.deep.equal({ screen: "nowhere" });
  });
});
