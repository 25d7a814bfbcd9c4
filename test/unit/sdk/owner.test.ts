import { expect } from "chai";
import { ownerFromUrn } from "../../../provider/face/owner";
import { MirrorTunnel, TapFlow, TapService } from "../../../sdk";

describe("the owner key of a resource", () => {
  const TYPE = "pulumi-nodejs:dynamic/taas";
  const rows: [string, string, string][] = [
    ["a resource", `urn:pulumi:prod::net::${TYPE}:TapService::ids`, "acme/net/prod/TapService/ids"],
    [
      "a component's child",
      `urn:pulumi:prod::net::my:index:Watch$${TYPE}:TapFlow::web`,
      "acme/net/prod/my%3Aindex%3AWatch$TapFlow/web",
    ],
    [
      "a child of a component's child",
      `urn:pulumi:prod::net::a:b:C$d:e:F$${TYPE}:MirrorTunnel::x`,
      "acme/net/prod/a%3Ab%3AC$d%3Ae%3AF$MirrorTunnel/x",
    ],
    [
      "a child of another resource",
      `urn:pulumi:p::n::${TYPE}:TapService$${TYPE}:TapFlow::w`,
      "acme/n/p/TapService$TapFlow/w",
    ],
    [
      "a name with signs",
      `urn:pulumi:prod::net::${TYPE}:TapFlow::a/b ü "c"$`,
      "acme/net/prod/TapFlow/a%2Fb%20%C3%BC%20%22c%22%24",
    ],
    ["a name with colons", `urn:pulumi:prod::net::${TYPE}:TapFlow::a::b`, "acme/net/prod/TapFlow/a%3A%3Ab"],
    ["a stack with signs", `urn:pulumi:a.b_c-d::n et::${TYPE}:TapFlow::w`, "acme/n%20et/a.b_c-d/TapFlow/w"],
  ];
  for (const [what, urn, key] of rows) {
    it(`is its organisation, project, stack, types and name: ${what}`, () => {
      expect(ownerFromUrn(urn, "acme")).to.equal(key);
    });
  }

  it("differs for a name that looks like another's key", () => {
    const keys = ["x/y", "x", "y/TapFlow/x", "$x", "%2F"].map((name) =>
      ownerFromUrn(`urn:pulumi:p::n::${TYPE}:TapFlow::${name}`, "acme"),
    );
    expect(new Set(keys).size).to.equal(keys.length);
    for (const key of keys) expect(key.split("/")).to.have.length(5);
  });

  it("has an organisation that may have signs too", () => {
    expect(ownerFromUrn(`urn:pulumi:p::n::${TYPE}:TapFlow::w`, "a/b")).to.equal("a%2Fb/n/p/TapFlow/w");
  });
});

describe("whether a value is a resource of this package", () => {
  it("is determined by its mark, which another copy of the package sets as well", () => {
    const theirs = { constructor: { __pulumiType: "pulumi-nodejs:dynamic/taas:TapService" } };
    expect(TapService.isInstance(theirs)).to.equal(true);
    expect(TapFlow.isInstance(theirs)).to.equal(false);
    for (const other of [undefined, null, "x", {}, Object.create(null), { constructor: undefined }, []]) {
      expect(MirrorTunnel.isInstance(other), String(JSON.stringify(other))).to.equal(false);
    }
  });
});
