import { expect } from "chai";
import { render } from "../../../provider/model/render";
import type { Facts } from "../../../provider/ovs/facts";
import { planHost } from "../../../provider/plan/host";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";
import { type ObservedBridge, observed } from "./observed";

const UUID = "ab0d5a4c-7b7a-4f0e-9a57-2c1e39f3b1d7";
const base = {
  format: 1,
  token: "t",
  writer: "w",
  time: "2026-01-02T03:04:05.678Z",
  integrationBridge: "br-int",
};

function claimed(kind: string, name: string, fields: object): Claim {
  return claimSchema.parse({ ...base, kind, owner: `o/p/s/${name}`, ...fields });
}

const device = claimed("monitor-port", "device", { name: "mp0", mtu: 1400 });
const socket = claimed("monitor-port", "socket", { type: "vhost-user", name: "mp1", socketPath: "/tmp/s" });
const vm = claimed("monitor-port", "vm", { type: "attach", ifaceId: UUID });
const service = (port: unknown, fields: object = {}) =>
  claimed("service", "ids", { tunnelId: 7, ports: [port], ...fields });

const integration: ObservedBridge = { name: "br-int", ports: [{ name: "tap-web" }] };
const tap = (...ports: ObservedBridge["ports"]): ObservedBridge => ({
  name: "br-tap",
  ports,
  row: { externalIds: { "taas-renderer": "1" } },
});
const made = {
  name: "mp0",
  nic: { type: "internal", mtuRequest: 1400 },
  port: { externalIds: { taas: "1" } },
};
const attached = { name: "vnet3", nic: { externalIds: { "iface-id": UUID } } };

function rendered(facts: Facts, ...claims: Claim[]) {
  return render(new Map(claims.map((one) => [one.owner, one])), facts, "br-tap");
}

/** The problems of claims on a host, as owner, code and text. */
function problems(facts: Facts, ...claims: Claim[]): string[] {
  return rendered(facts, ...claims).problems.map(
    ({ owner, code, message }) => `${owner?.split("/").at(-1)} ${code}: ${message}`,
  );
}

describe("a monitor port on a host", () => {
  const withDpdk: Facts = { ...observed(integration, tap()), dpdk: true };

  it("is a port of the tap bridge, with the columns of its type", () => {
    const { ports, placements, problems: none } = rendered(withDpdk, device, socket, vm);
    expect(none).to.deep.equal([]);
    expect(placements).to.deep.equal([]);
    expect(
      ports.map(({ name, bridge, type, options, device: given }) => [name, bridge, type, options, given]),
    ).to.deep.equal([
      ["mp0", "br-tap", "internal", {}, { mac: undefined, mtu: 1400 }],
      [
        "mp1",
        "br-tap",
        "dpdkvhostuserclient",
        { "vhost-server-path": "/tmp/s" },
        { mac: undefined, mtu: undefined },
      ],
    ]);
  });

  it("is a device with an MTU of its own, which no VM beside it can lower", () => {
    const plain = claimed("monitor-port", "plain", { name: "mp2" });
    expect(rendered(withDpdk, plain).ports[0]!.device).to.deep.equal({ mac: undefined, mtu: 1500 });
  });

  it("gets copies where it is: a service on it moves nothing", () => {
    const { placements, rules } = rendered(
      observed(integration, tap(made, attached)),
      ...[device, vm, service("mp0", { ports: ["mp0", { ifaceId: UUID }] })],
    );
    expect(placements.map(({ name, bridge }) => `${name} ${bridge}`)).to.deep.equal([
      "mp0 br-tap",
      "vnet3 br-tap",
    ]);
    const outputs = rules.flatMap(({ actions }) => actions).map((action) => JSON.stringify(action));
    expect(outputs).to.include.members(['{"output":"mp0"}', '{"output":"vnet3"}']);
  });

  it("cannot have the name of a port that is not ours, nor one that another claim uses", () => {
    const taken = claimed("monitor-port", "device", { name: "tap-web" });
    const { ports } = rendered(observed(integration), taken);
    expect(ports).to.deep.equal([]);
    expect(problems(observed(integration), taken)).to.deep.equal([
      'device monitor-port-taken: port "tap-web" is taken by a port of br-int, tap-web',
    ]);
    const twin = claimed("monitor-port", "twin", { name: "mp0" });
    expect(problems(observed(integration), device, twin)).to.deep.equal([
      'device monitor-port-taken: port "mp0" is the monitor port of o/p/s/twin',
      'twin monitor-port-taken: port "mp0" is the monitor port of o/p/s/device',
    ]);
    const double = claimed("monitor-port", "double", { type: "attach", ifaceId: UUID });
    expect(problems(observed(integration), vm, double)[0]).to.match(
      /^double monitor-port-taken: port with iface-id .* of o\/p\/s\/vm$/,
    );
    expect(
      problems(observed(integration, tap()), claimed("monitor-port", "device", { name: "br-tap" }))[0],
    ).to.match(/is the tap bridge$/);
    const stranger = { name: "mp0", nic: { type: "" } };
    expect(problems(observed(integration, tap(stranger)), device)[0]).to.match(
      /is taken by a port of br-tap, mp0$/,
    );
  });

  it("cannot have the name of a VM's socket that a service has moved to the tap bridge", () => {
    const port = { externalIds: { "taas-home": "3 - br-int" } };
    const options = { "vhost-server-path": "/run/vm" };
    const moved = { name: "mp1", nic: { type: "dpdkvhostuserclient", options }, port };
    const facts: Facts = { ...observed(integration, tap(moved)), dpdk: true };
    expect(problems(facts, socket, service("mp1"))).to.deep.equal([
      'socket monitor-port-taken: port "mp1" is taken by a port of br-tap, mp1',
    ]);
    expect(rendered(facts, socket, service("mp1")).ports).to.deep.equal([]);
  });

  it("cannot have another port's socket, which DPDK would take from it", () => {
    const nic = { type: "dpdkvhostuserclient", options: { "vhost-server-path": "/tmp/s" } };
    const others = observed({ name: "br-int", ports: [{ name: "vhu-vm", nic }] }, tap());
    const production: Facts = { ...others, dpdk: true };
    expect(problems(production, socket)).to.deep.equal([
      "socket monitor-port-taken: socket /tmp/s is used by port vhu-vm",
    ]);
    expect(rendered(production, socket).ports).to.deep.equal([]);
    const twin = claimed("monitor-port", "twin", { type: "vhost-user", name: "mp2", socketPath: "/tmp/s" });
    expect(problems(withDpdk, socket, twin)).to.deep.equal([
      "socket monitor-port-taken: socket /tmp/s is used by the monitor port o/p/s/twin",
      "twin monitor-port-taken: socket /tmp/s is used by the monitor port o/p/s/socket",
    ]);
    const own: Facts = { ...observed(integration, tap({ name: "mp1", nic })), dpdk: true };
    expect(problems(own, socket)).to.deep.equal([]);
    expect(rendered(own, socket).ports).to.have.length(1);
  });

  it("is its own port, marked or not, and on whichever bridge somebody has put it", () => {
    const unmarked = { ...made, port: {} };
    for (const host of [observed(integration, tap(made)), observed(integration, tap(unmarked))])
      expect(problems(host, device)).to.deep.equal([]);
    const moved = { name: "br-int", ports: [made] };
    expect(problems(observed(moved, tap()), device)).to.deep.equal([]);
  });

  it("needs DPDK for a socket, and a bridge with the userspace datapath", () => {
    expect(problems(observed(integration, tap()), socket)[0]).to.match(/^socket no-dpdk: .*without DPDK/);
    const kernel = { ...integration, row: { datapathType: "system" } };
    const facts: Facts = { ...observed(kernel, { ...tap(), row: { datapathType: "system" } }), dpdk: true };
    expect(problems(facts, socket)[0]).to.match(/^socket no-dpdk: bridge br-int has the kernel datapath/);
  });

  it("cannot be tapped, nor be reached through the integration bridge", () => {
    const flow = claimed("flow", "web", {
      ...{ service: "o/p/s/ids", tunnelId: 7, destination: "machine-here" },
      source: { port: "mp0", integrationBridge: "br-int" },
    });
    const host = observed(integration, tap(made));
    expect(problems(host, device, service("tap-web"), flow)).to.include(
      "web source-is-monitor: port mp0 is the monitor port o/p/s/device and cannot be tapped",
    );
    expect(problems(host, device, service("mp0", { attachment: "integration-bridge" }))).to.include(
      "ids monitor-attachment-differs: port mp0 is the monitor port o/p/s/device, which is always on br-tap",
    );
  });

  it("is not what a hypervisor has attached to another bridge, or another VM's port; a port without a claim gets nothing", () => {
    const astray = { name: "br-int", ports: [attached] };
    expect(problems(observed(astray, tap()), vm)).to.deep.equal([
      "vm port-missing: port vnet3 is attached to br-int, not to br-tap",
    ]);
    const other = { name: "vnet9", nic: { externalIds: { "iface-id": "other" } } };
    expect(problems(observed(integration, tap(other)), vm)).to.deep.equal([
      `vm port-missing: no port with iface-id ${UUID} is attached to br-tap, but vnet9 (iface-id=other)`,
    ]);
    const { rules } = rendered(observed(integration, tap(other)), vm, service({ ifaceId: UUID }));
    expect(
      JSON.stringify(rules, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    ).not.to.include("vnet9");
    expect(problems(observed(integration, tap(attached, other)), vm)).to.deep.equal([]);
  });
});

describe("the plan of a monitor port", () => {
  /** What is to be done on a host whose claims are as they stand. */
  function changes(facts: Facts, ...claims: Claim[]): string[] {
    const all = new Map(claims.map((one) => [one.owner, one]));
    const bridge = facts.bridges.find(({ name }) => name === "br-tap");
    const desired = render(all, facts, "br-tap");
    const read = { claims: all, generation: 1, bridge };
    const plan = planHost({
      ...{
        read,
        claims: all,
        desired,
        before: desired,
        facts,
        tapBridge: "br-tap",
        integrationBridge: "br-int",
      },
      ...{ renewals: new Map(), bridges: new Map() },
    });
    return plan.changes.map(({ what }) => what).filter((what) => / port /.test(what));
  }

  const untagged = { ...made, port: { ...made.port, tag: undefined } };

  it("creates a missing port, repairs an altered one, and leaves another's of that name alone", () => {
    expect(changes(observed(integration, tap()), device)).to.deep.equal(["missing port mp0 on br-tap"]);
    expect(changes(observed(integration, tap(untagged)), device)).to.deep.equal([]);
    for (const nic of [
      { mtuRequest: 1401 },
      { mac: "02:00:00:00:00:01" },
      { type: "tap" },
      { ofportRequest: 5 },
    ])
      expect(
        changes(observed(integration, tap({ ...untagged, nic: { ...untagged.nic, ...nic } })), device),
        JSON.stringify(nic),
      ).to.deep.equal(["altered port mp0 on br-tap"]);
    const others = { name: "br-int", ports: [{ name: "mp0" }] };
    expect(changes(observed(others, tap()), device)).to.deep.equal([]);
  });

  it("leaves a port alone that somebody has labelled with the key of our mark, or even with the mark", () => {
    const labelled = ["yes", "1"].map((taas) => ({ name: `tap-${taas}`, port: { externalIds: { taas } } }));
    const others = { name: "br-int", ports: labelled };
    expect(changes(observed(others, tap()))).to.deep.equal([]);
    const ours = { name: "mo-0123456789ab", port: { externalIds: { taas: "1" } } };
    expect(changes(observed({ name: "br-int", ports: [...labelled, ours] }, tap()))).to.deep.equal([
      "unexpected port mo-0123456789ab on br-int",
    ]);
  });

  it("moves its port back to the tap bridge from wherever somebody has moved it", () => {
    const astray = { name: "br-int", ports: [untagged] };
    expect(changes(observed(astray, tap()), device)).to.deep.equal([
      "unexpected port mp0 on br-int",
      "missing port mp0 on br-tap",
    ]);
  });

  it("can refer to rows of any name", () => {
    const odd = claimed("monitor-port", "odd", { name: "0.a-b_c" });
    expect(
      changes(observed(integration, tap()), odd, claimed("monitor-port", "near", { name: "0.a_b-c" })),
    ).to.have.length(2);
  });
});
