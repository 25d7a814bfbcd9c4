import { expect } from "chai";
import { TaasError } from "../../provider/errors";
import { Provider } from "../../provider/provider";
import { concealed, concealing, shownFailure } from "../../provider/secrets";
import { readSettings } from "../../provider/settings";

const ALL = new Set(["filter", "tenant", "tunnelId"]);

describe("secrets", () => {
  for (const [what, properties, text, shown] of [
    [
      "a text wherever it stands",
      { tenant: "acme" },
      'tenant "acme" of acme-7',
      'tenant "[secret]" of [secret]-7',
    ],
    ["what is deep inside", { filter: [{ source: "10.1.2.3/32" }] }, "no 10.1.2.3/32", "no [secret]"],
    ["a number where it is a word", { tunnelId: 47 }, "47 of 1470 (47)", "[secret] of 1470 ([secret])"],
    ["a short text where it is a word", { tenant: "a" }, "a tap of a", "[secret] tap of [secret]"],
    ["a text in capitals", { tenant: "FA:16:3E" }, "fa:16:3e is", "[secret] is"],
    ["a text with quotes", { tenant: 'a"b\\c' }, 'tenant "a\\"b\\\\c"', 'tenant "[secret]"'],
    ["a text with line breaks", { tenant: "one\ntwo" }, "tenant one | two", "tenant [secret]"],
    [
      "what a pattern has signs for",
      { tenant: "(.*)[x]{1}^$" },
      "is (.*)[x]{1}^$, not (.*)",
      "is [secret], not (.*)",
    ],
    ["the longer of two", { tenant: "acme", filter: "acme-two" }, "acme-two", "[secret]"],
    [
      "no format of a reference",
      { tenant: { format: 1, owner: "o/x" } },
      "o/x, 10.0.0.1",
      "[secret], 10.0.0.1",
    ],
    ["nothing of other properties", { port: "tap-web" }, "tap-web", "tap-web"],
    ["nothing that is not there", { tenant: "", filter: [null, true] }, "null true", "null true"],
  ] as const) {
    it(`are removed from a text: ${what}`, () => {
      expect(concealing(ALL, properties)(text)).to.equal(shown);
    });
  }

  it("are removed from a copy of an error, of its trace and its reasons; another reader of the host has the error as it was", () => {
    const conceal = concealing(ALL, { tenant: "acme" });
    const error = Object.assign(new TaasError("acme is gone", { code: "no-rights" }), {
      reasons: ["of acme"],
    });
    const shown = concealed(error, conceal) as typeof error;
    expect([shown.message, shown.reasons, shown.code]).to.deep.equal([
      "[secret] is gone",
      ["of [secret]"],
      "no-rights",
    ]);
    expect(shown.stack).to.match(/^TaasError: \[secret\] is gone\n/);
    expect(shown).to.be.instanceOf(TaasError);
    expect([error.message, error.reasons]).to.deep.equal(["acme is gone", ["of acme"]]);
    const other = new Error("x");
    expect(concealed(other, conceal)).to.equal(other);
  });

  it("are named by the reason of a failure, because the engine prints the value of its property", () => {
    const conceal = concealing(ALL, { tenant: "acme" });
    const quoting = { property: "tenant", reason: 'not "acm"', isQuoting: true as const };
    expect(shownFailure(quoting, ALL, conceal)).to.deep.equal({
      property: "",
      reason: "tenant: the value is not valid; the reason is not shown because the value is secret",
    });
    expect(shownFailure({ property: "tenant", reason: "acme is taken" }, ALL, conceal)).to.deep.equal({
      property: "",
      reason: "tenant: [secret] is taken",
    });
    expect(shownFailure({ property: "port", reason: "acme's" }, ALL, conceal)).to.deep.equal({
      property: "port",
      reason: "[secret]'s",
    });
  });

  it("are in no failure of a check", () => {
    const provider = new Provider(() => readSettings(() => undefined));
    const secret = {
      tunnelId: 99999999,
      filter: [{ action: "accept", source: "203.0.113.777" }],
      hosts: ["h1", "h1", "h2"],
    };
    for (const [kind, args] of [
      ["TapService", { host: "h1", port: "p", tunnelId: secret.tunnelId }],
      ["TapFlow", { service: "x", host: "h1", port: "p", filter: secret.filter }],
      ["MirrorTunnel", { hosts: secret.hosts }],
    ] as const) {
      const names = new Set(Object.keys(args).filter((name) => name in secret));
      const { failures } = provider.check(kind, {}, { ...args, owner: "o/p/s/x/y" }, names);
      const about = failures.filter(({ property }) => property === "");
      expect(about.length, kind).to.be.at.least(1);
      expect(JSON.stringify(failures), kind).not.to.match(/99999999|203\.0\.113|\bh1|h2/);
    }
  });
});
