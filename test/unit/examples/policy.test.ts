import { expect } from "chai";
import { capViolation, endViolation, type Props, tenantViolation } from "../../../examples/policy/rules";

const ALLOWED = ["acme", "globex"];

/** What each rule says of a resource of either face; the two must agree. */
function violations(kind: string, props: Props): Record<"tenant" | "end" | "cap", string | undefined> {
  const [plugin, dynamic] = [`taas:index:${kind}`, `pulumi-nodejs:dynamic/taas:${kind}`].map((type) => ({
    tenant: tenantViolation(type, props, ALLOWED),
    end: endViolation(type, props, "acme"),
    cap: capViolation(type, props),
  }));
  expect(dynamic).to.deep.equal(plugin);
  return plugin!;
}

const ours = { tenant: "acme", service: { tenant: "acme" } };

describe("the policies of the example", () => {
  for (const [what, kind, props, violation] of [
    ["takes a service of a tenant of the list", "TapService", { tenant: "globex" }, undefined],
    [
      "refuses a service of another",
      "TapService",
      { tenant: "evil" },
      'tenant "evil" is none of acme, globex',
    ],
    ["refuses a service of no tenant", "TapService", {}, "needs a tenant, one of acme, globex"],
    ["takes a tap of a tenant of the list", "TapFlow", ours, undefined],
    [
      "refuses a tap of another",
      "TapFlow",
      { ...ours, tenant: "evil" },
      'tenant "evil" is none of acme, globex',
    ],
    [
      "refuses a tap whose copies go to another",
      "TapFlow",
      { ...ours, service: { tenant: "evil" } },
      'tenant "evil" is none of acme, globex',
    ],
    [
      "refuses a tap into a service of no tenant",
      "TapFlow",
      { ...ours, service: {} },
      "needs a tenant, one of acme, globex",
    ],
    [
      "refuses a monitor's port of another",
      "MonitorPort",
      { tenant: "evil" },
      'tenant "evil" is none of acme, globex',
    ],
    ["takes a tunnel, which has no tenant", "MirrorTunnel", {}, undefined],
  ] as const) {
    it(`that lists tenants ${what}`, () => expect(violations(kind, props).tenant).to.equal(violation));
  }

  it("that requires an end accepts the team's own taps without one", () => {
    expect(violations("TapFlow", ours).end).to.equal(undefined);
  });

  it("that requires an end accepts a tap of another tenant that has one", () => {
    const until = "2031-01-01T00:00:00Z";
    expect(violations("TapFlow", { ...ours, tenant: "globex", until }).end).to.equal(undefined);
  });

  it("that requires an end refuses a tap of another tenant, or of none, without one", () => {
    const foreign = violations("TapFlow", { ...ours, tenant: "globex" }).end;
    expect(foreign).to.equal('taps a VM of tenant "globex", which is not "acme": give it an end with until');
    expect(violations("TapFlow", {}).end).to.match(/^taps a VM of no tenant, /);
  });

  it("that requires an end ignores a service", () => {
    expect(violations("TapService", { tenant: "globex" }).end).to.equal(undefined);
  });

  const https = { action: "accept", protocol: "tcp", destinationPort: 443 };
  for (const [what, props] of [
    ["no filter", {}],
    ["an empty filter", { filter: [] }],
    ["an empty expression", { filter: " " }],
    ["a rule that matches every frame", { filter: [{ action: "accept" }] }],
    ["such a rule that cuts the copies", { filter: [{ action: "accept", snapLength: 96 }] }],
    ["a filter that accepts what it does not name", { filter: [https], defaultAction: "accept" }],
    [
      "a rejection behind a rule that matches every frame",
      { filter: [{ action: "accept" }, { action: "reject" }] },
    ],
  ] as const) {
    it(`that requires a cap refuses ${what}, unless it has a rateLimit`, () => {
      expect(violations("TapFlow", props).cap).to.match(/^copies every frame without a cap: /);
      expect(violations("TapFlow", { ...props, rateLimit: { kbps: 1000 } }).cap).to.equal(undefined);
    });
  }

  for (const [what, props] of [
    ["a rule", { filter: [https] }],
    ["an expression", { filter: "tcp port 443" }],
    ["a rejection in front", { filter: [{ action: "reject", protocol: "udp" }, { action: "accept" }] }],
    ["the rejection of all", { defaultAction: "reject" }],
  ] as const) {
    it(`that requires a cap accepts a tap with ${what}`, () => {
      expect(violations("TapFlow", props).cap).to.equal(undefined);
    });
  }

  it("that requires a cap ignores a service", () => {
    expect(violations("TapService", {}).cap).to.equal(undefined);
  });

  it("ignore other packages' resources", () => {
    for (const type of [
      "aws:ec2/instance:Instance",
      "pulumi-nodejs:dynamic:Resource",
      "other:index:TapFlow",
    ]) {
      const found = [
        tenantViolation(type, {}, ALLOWED),
        endViolation(type, {}, "acme"),
        capViolation(type, {}),
      ];
      expect(found, type).to.deep.equal([undefined, undefined, undefined]);
    }
  });
});
