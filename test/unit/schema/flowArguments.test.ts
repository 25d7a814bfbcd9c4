import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties } from "../../../provider/resource/resource";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { check, flow, flowRefuses, tunnel } from "../treatment/refusals";

describe("the arguments of a TapFlow", () => {
  flowRefuses(
    "an unknown direction",
    { direction: "in" },
    "direction",
    /ingress.*egress.*both.*\(got "in"\)/,
  );
  const several = (ports: unknown, args: object = {}) => ({ port: undefined, ports, ...args });
  const little =
    /^give at least one of network, vlan, vm, name, externalIds; name: "\*" selects every port \(got \{/;
  flowRefuses(
    "neither port nor ports",
    { port: undefined },
    "port",
    /^this argument is required \(or ports\)$/,
  );
  flowRefuses("port and ports", { ports: { name: "*" } }, "ports", /^give port, or ports .* not both$/);
  flowRefuses("a selector that says nothing", several({}), "ports", little);
  flowRefuses("a selector of exclusions alone", several({ except: ["a"] }), "ports", little);
  flowRefuses(
    "a selector by no key",
    several({ externalIds: {} }),
    "ports",
    /externalIds: at least one key is needed/,
  );
  flowRefuses(
    "a selector by an empty pattern",
    several({ name: "" }),
    "ports",
    /name: a pattern has 1 to 255/,
  );
  flowRefuses("a pattern with a space", several({ name: "a b" }), "ports", /name: a pattern has/);
  flowRefuses(
    "a VLAN of a selector that is none",
    several({ vlan: 4096 }),
    "ports",
    /vlan: must be at most 4095/,
  );
  flowRefuses("a list of ports", several(["a"]), "ports", /^must be an object \(got \["a"\]\)$/);
  flowRefuses(
    "a condition it does not know",
    several({ name: "*", team: "red" }),
    "ports",
    /no field "team"/,
  );
  flowRefuses("an exclusion of nothing", several({ name: "*", except: [{}] }), "ports", /except\[0\]: /);
  const nested = { name: "*", except: [{ vlan: 7, except: ["a"] }] };
  flowRefuses("an exclusion with exclusions", several(nested), "ports", /except\[0\]: /);
  flowRefuses(
    "ports of candidates",
    several({ name: "*" }, { host: undefined, hosts: ["a", "b"] }),
    "hosts",
    /^ports are selected on one host/,
  );
  flowRefuses("no service", { service: null }, "service", /this argument is required/);
  const meant = /^must be the output ref of a TapService \(in TypeScript also the TapService itself\) \(got /;
  flowRefuses("a service's name", { service: "ids" }, "service", meant);
  flowRefuses("a service's tunnel id", { service: 7 }, "service", meant);
  flowRefuses("something around a reference", { service: { ref: flow.service } }, "service", meant);
  flowRefuses("a tunnel's name", { tunnel: "way" }, "tunnel", /^must be the output ref of a MirrorTunnel/);
  const idless = { ...(flow.service as object), tunnelId: undefined };
  flowRefuses("a reference without a tunnel id", { service: idless }, "service", /^service\.tunnelId: /);
  const newer = { ...(flow.service as object), format: 2 };
  flowRefuses(
    "a reference of a newer release",
    { service: newer },
    "service",
    /newer format: update pulumi-taas/,
  );
  flowRefuses("a half true enabled", { enabled: "yes" }, "enabled", /boolean.*\(got "yes"\)/);
  flowRefuses(
    "an argument it does not have",
    { mirror: 1 },
    "mirror",
    /unknown argument "mirror"; .*direction/,
  );
  const elsewhere = {
    ...tunnel,
    hosts: [
      { name: "host1", address: "host1" },
      { name: "host9", address: "host9" },
    ],
  };
  flowRefuses(
    "a tunnel that does not reach the monitor",
    { tunnel: elsewhere },
    "tunnel",
    /has the hosts host1, host9, not host2/,
  );
  const away = { host: undefined, hosts: ["host3", "host4"] };
  flowRefuses(
    "a tunnel that reaches none of the candidates",
    { ...away, tunnel },
    "tunnel",
    /has the hosts host1, host2, not host3, host4$/,
  );
  const { host: _, ...placeless } = flow.service;
  const records = (...names: string[]) => names.map((name) => ({ name, address: name }));
  flowRefuses(
    "a tunnel that reaches none of the service's candidates",
    { service: { ...placeless, hosts: records("host3", "host4") }, tunnel },
    "tunnel",
    /has the hosts host1, host2, not host3, host4$/,
  );

  it("accept a tunnel that reaches one of the candidates, or is not needed between them", () => {
    const accepted = (args: Properties) => check(tapFlow, { ...flow, tunnel, ...args }).failures;
    expect(accepted({ host: undefined, hosts: ["host3", "host1"] })).to.deep.equal([]);
    expect(accepted({ service: { ...placeless, hosts: records("host3", "host2") } })).to.deep.equal([]);
    const there = { service: { ...placeless, hosts: records("host4", "host5") } };
    expect(accepted({ ...away, ...there })).to.deep.equal([]);
    expect(accepted({ host: undefined, hosts: ["host3", UNKNOWN] })).to.deep.equal([]);
  });

  flowRefuses(
    "an invalid host, and does not call it missing as well",
    { host: 7 },
    "host",
    /^must be a host's/,
  );

  it("are as good as absent where they are null, at every depth", () => {
    const given = {
      rateLimit: { kbps: 5, burst: null },
      filter: [{ action: "accept", protocol: "tcp", destinationPort: null }],
      host: { address: "a", user: null },
    };
    const { inputs, failures } = check(tapFlow, { ...flow, ...given });
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include({ rateLimit: { kbps: 5 }, host: { name: "a", address: "a" } });
    const missing = check(tapFlow, { ...flow, filter: [null] }).failures;
    expect(missing.map(({ reason }) => reason).join()).to.match(/^filter\[0\]: must be a rule/);
  });

  it("carry the service's tunnel id, known or not", () => {
    expect(check(tapFlow, flow).inputs.tunnelId).to.equal(7);
    expect(check(tapFlow, { ...flow, service: UNKNOWN }).inputs.tunnelId).to.equal(UNKNOWN);
  });
});
