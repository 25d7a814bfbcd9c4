import { expect } from "chai";
import fc from "fast-check";
import { resolveHost } from "../../../provider/host/inventory";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import { monitorPort } from "../../../provider/resource/monitorPort";
import type { CheckResult, Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { extentOf } from "../../sample";
import { arbitraryRules } from "../filter/arbitraryRules";
import { altered, hostileJson, hostileText } from "./arbitrary";
import { expectShowable, outcome } from "./outcome";

const context = {
  resolveHost: (host: unknown) =>
    resolveHost(host as string, { named: { address: "192.0.2.7", user: "ops" } }),
} as unknown as Context;

const ref = {
  format: 1,
  owner: "o/p/s/TapService/ids",
  tunnelId: 7,
  host: { name: "b", address: "b" },
  attachment: "tap-bridge",
};
const tunnel = {
  ...{
    format: 1,
    owner: "o/p/s/MirrorTunnel/t",
    hosts: [
      { name: "a", address: "a" },
      { name: "b", address: "b" },
    ],
  },
  ...{ mode: "pair", type: "vxlan", udpPort: 14789, localIps: [] },
};

/** Arguments that are right, of all kinds. */
const RIGHT: { resource: Resource; args: Properties[] }[] = [
  {
    resource: tapService,
    args: [
      { host: "b", port: "tap-ids", tenant: "red", description: "x" },
      {
        hosts: ["a", { address: "b", tunnelIp: "2001:DB8::1" }],
        ports: [{ mac: "FA-16-3E-00-00-01" }, "x"],
        distribution: "hash",
      },
      {
        collector: {
          address: "192.0.2.9",
          type: "erspan",
          erspanVersion: 2,
          keys: { ingress: 1, egress: 2 },
        },
        tunnelId: 5,
      },
      {
        host: "named",
        port: { vmUuid: "u", vnic: 1 },
        attachment: "integration-bridge",
        allowCrossTenant: true,
        adopt: true,
      },
    ],
  },
  {
    resource: tapFlow,
    args: [
      {
        service: ref,
        host: "a",
        port: { ifaceId: "i" },
        direction: "ingress",
        rateLimit: { kbps: 10, burst: 3 },
        sampling: { oneIn: 4 },
        until: "2099-01-31T18:00:00+01:00",
        tunnel,
      },
      {
        service: ref,
        host: "a",
        ports: {
          ...{ network: "n", vlan: 7, vm: "v", name: "tap-*", externalIds: { team: "*" } },
          except: ["x", { mac: "fa:16:3e:00:00:01" }, { vmUuid: "v", vnic: 1 }, { vlan: 8 }],
        },
      },
      {
        ...{
          service: ref,
          hosts: ["a", "c"],
          port: "x",
          snapLength: 60,
          counters: "own",
          transport: "shared",
          enabled: false,
        },
        filter: [
          { action: "accept", protocol: "tcp", destinationPort: "80-90", source: "192.0.2.0/24" },
          { action: "reject" },
        ],
      },
    ],
  },
  {
    resource: mirrorTunnel,
    args: [
      {
        hosts: ["a", "b"],
        type: "geneve",
        udpPort: 15000,
        localIps: ["192.0.2.1", "192.0.2.2"],
        tos: 3,
        bfd: true,
      },
      { hosts: ["a", "b", "named"], mode: "mesh", dontFragment: false },
      { hosts: [{ name: "named", address: "192.0.2.8" }, "local"], type: "gre" },
    ],
  },
  {
    resource: monitorPort,
    args: [
      { host: "b", name: "mp0", mac: "02-00-00-00-00-0A", mtu: 9000, tenant: "red" },
      { host: "named", type: "vhost-user", socketPath: "/tmp/<sensor>&'1'", description: "x" },
      { host: "local", type: "attach", ifaceId: "AB0D5A4C-7B7A-4F0E-9A57-2C1E39F3B1D7", adopt: true },
    ],
  },
];

/** What programs call each kind of resource. */
const NAMES = new Map([
  [tapService, "TapService"],
  [tapFlow, "TapFlow"],
  [mirrorTunnel, "MirrorTunnel"],
  [monitorPort, "MonitorPort"],
]);

/** A check, and that it is pure: nothing it was given is changed, and it says the same twice. */
function check(resource: Resource, olds: Properties, news: Properties): CheckResult | undefined {
  const before = structuredClone([olds, news]);
  const result = outcome(() => resource.check(context, olds, news));
  expect([olds, news]).to.deep.equal(before);
  const again = outcome(() => resource.check(context, olds, news));
  expect(JSON.stringify(again)).to.equal(JSON.stringify(result));
  return result;
}

/** What is accepted is left as it is when the engine gives it back: all of it, or one property, whose changes are ignored. */
function judge(resource: Resource, olds: Properties, news: Properties): void {
  const result = check(resource, olds, news);
  if (result === undefined) return;
  expect(() => JSON.stringify(result)).not.to.throw();
  for (const { property, reason } of result.failures) {
    expect(property).to.be.a("string");
    expectShowable(JSON.stringify(reason));
  }
  if (result.failures.length > 0) return;
  const checked = JSON.parse(JSON.stringify(result.inputs)) as Properties;
  for (const ignored of [Object.keys(checked), ...Object.keys(checked).map((key) => [key])]) {
    const old = Object.fromEntries(ignored.map((key) => [key, checked[key]]));
    const stable = check(resource, checked, { ...news, ...old });
    expect(stable?.failures).to.deep.equal([]);
    expect(JSON.parse(JSON.stringify(stable?.inputs))).to.deep.equal(checked);
  }
  const old = { ...checked, status: "active" };
  const before = structuredClone([old, checked]);
  const { changes, replaces } = resource.diff(old, checked);
  expect([old, checked]).to.deep.equal(before);
  expect(changes).to.equal(JSON.stringify(checked).includes(UNKNOWN) ? changes : false);
  expect(replaces.length === 0 || JSON.stringify(checked).includes(UNKNOWN)).to.equal(true);
  resource.diff({}, checked);
}

describe("the arguments of a resource", () => {
  for (const { resource, args } of RIGHT) {
    const name = NAMES.get(resource);
    const owner = { owner: `o/p/s/${name}/x` };
    const right = args.map((one) => ({ ...one, ...owner }));
    const other = fc.oneof(
      hostileJson,
      hostileText,
      fc.constant(UNKNOWN),
      fc.constant({ inner: [UNKNOWN] }),
      fc.nat(100),
    );

    it(`may be anything: ${name}`, () => {
      const any = fc.oneof(
        fc.constantFrom(...right).chain((one) => altered(one, other)),
        fc.dictionary(
          fc.oneof(fc.constantFrom(...Object.keys(right[0]!), "constructor"), hostileText),
          other,
        ),
      );
      fc.assert(
        fc.property(any, fc.oneof(hostileJson, fc.constant({})), (news, olds) => {
          if (typeof news !== "object" || news === null || Array.isArray(news)) return;
          const old = typeof olds === "object" && olds !== null && !Array.isArray(olds) ? olds : {};
          judge(resource, old as Properties, news as Properties);
        }),
        { numRuns: extentOf(150, 500) },
      );
    });

    it(`stay unchanged once checked: ${name}`, () => {
      for (const one of right) {
        const { failures } = check(resource, {}, one)!;
        expect(failures).to.deep.equal([]);
        judge(resource, {}, one);
      }
    });

    it(`may be unknown in any place: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...right).chain((one) => altered(one, fc.constant(UNKNOWN))),
          (news) => {
            if (typeof news === "object" && news !== null) judge(resource, {}, news as Properties);
          },
        ),
        { numRuns: extentOf(150, 500) },
      );
    });
  }

  it("may have any filter: what check returns is a valid filter", () => {
    fc.assert(
      fc.property(arbitraryRules, (filter) => {
        judge(tapFlow, {}, { ...RIGHT[1]!.args[0]!, owner: "o/p/s/TapFlow/x", filter });
      }),
      { numRuns: extentOf(60, 200) },
    );
  });
});
