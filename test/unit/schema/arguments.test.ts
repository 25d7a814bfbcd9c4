import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { check, flow, flowRefuses, serviceRefuses, tunnel, tunnelRefuses } from "../treatment/refusals";

const monitor = { host: "host2", port: "tap-ids" };

describe("the arguments of a TapService", () => {
  const refuses = (what: string, args: Record<string, unknown>, property: string, reason: RegExp) =>
    serviceRefuses(what, { ...monitor, ...args }, property, reason);
  refuses("a tunnel id of 0", { tunnelId: 0 }, "tunnelId", /^must be 1 to 16777215 \(got 0\)$/);
  refuses("a tunnel id of 25 bits", { tunnelId: 16777216 }, "tunnelId", /1 to 16777215 \(got 16777216\)/);
  refuses("half a tunnel id", { tunnelId: 1.5 }, "tunnelId", /whole number.*\(got 1\.5\)/);
  refuses("a tunnel id in words", { tunnelId: "7" }, "tunnelId", /whole number.*\(got "7"\)/);
  refuses("an unknown attachment", { attachment: "br-tap" }, "attachment", /tap-bridge.*integration-bridge/);
  refuses("a negative time-out", { attachTimeout: -1 }, "attachTimeout", /\(got -1\)/);
  refuses(
    "an argument it does not have",
    { colector: {} },
    "colector",
    /^unknown argument "colector"; the arguments are host, hosts, port/,
  );
  refuses("a port of nothing", { port: "" }, "port", /may not be empty/);
  refuses("a MAC that is none", { port: { mac: "fa:16:3e" } }, "port", /port\.mac|MAC address such as/);
  refuses(
    "a port by two signs",
    { port: { mac: "fa:16:3e:00:00:01", ifaceId: "x" } },
    "port",
    /^must be a port's name/,
  );
  refuses("a vnic below 0", { port: { vmUuid: "x", vnic: -1 } }, "port", /vnic/);
  refuses("an option for an address", { host: "-oProxyCommand=x" }, "host", /starts with a letter or digit/);
  refuses("an address with white space", { host: { address: "a b" } }, "host", /white space/);
  refuses("a host field it does not know", { host: { address: "a", sshKey: "x" } }, "host", /sshKey/);
  refuses(
    "an underlay address that is none",
    { host: { address: "a", tunnelIp: "x" } },
    "host",
    /tunnelIp.*IPv4 or IPv6/,
  );
  refuses(
    "a bridge name of 16 letters",
    { host: { address: "a", tapBridge: "br-abcdefghijklm" } },
    "host",
    /1 to 15 letters/,
  );
  refuses(
    "a host whose name is none",
    { host: { name: "a b", address: "a" } },
    "host",
    /^host\.name: a name starts/,
  );
  refuses("a port number of SSH that is none", { host: { address: "a", port: 65536 } }, "host", /65535/);
  const asked = /^must be a port's name, \{ ifaceId \}, \{ mac \}, or \{ vmUuid \} .*\(got /;
  refuses("a port by number", { port: 7 }, "port", asked);
  refuses("a port by a field that is misspelled", { port: { ifaceid: "x" } }, "port", asked);
  refuses("a vnic of a MAC", { port: { mac: "fa:16:3e:00:00:01", vnic: 1 } }, "port", /^has no field "vnic"/);
  const words = { vmUuid: "x", vnic: "0" };
  refuses("a vnic in words", { port: words }, "port", /^port\.vnic: must be a number \(got "0"\)$/);
  refuses("hosts where one is meant", { host: ["a", "b"] }, "host", /^must be a host's name, or a record/);
  refuses("a host without its address", { host: {} }, "host", /^host\.address: is required/);
  const telnet = { address: "a", transport: "telnet" };
  refuses("an unknown transport", { host: telnet }, "host", /^host\.transport: must be "ssh2" or .*"telnet"/);
  refuses("an empty tenant", { tenant: "" }, "tenant", />=1|empty|at least 1/);

  const outside = { host: undefined, port: undefined, collector: { address: "192.0.2.9", type: "gre" } };
  const shares = /^distribution says how several monitors share copies/;
  refuses("a distribution of one monitor", { distribution: "hash" }, "distribution", shares);
  refuses("an attachment outside", { ...outside, attachment: "integration-bridge" }, "attachment", /outside/);

  it("contradict nothing while they may turn out to be absent or a default", () => {
    const accepted = (args: Properties) => check(tapService, { ...monitor, ...args }).failures;
    expect(accepted({ distribution: UNKNOWN })).to.deep.equal([]);
    expect(accepted({ ports: UNKNOWN })).to.deep.equal([]);
    expect(accepted({ ...outside, attachment: UNKNOWN, distribution: UNKNOWN })).to.deep.equal([]);
  });

  it("are as good as absent where they are null, at every depth", () => {
    const given = { ...monitor, host: { address: "a", user: null }, tenant: null, distribution: null };
    const { inputs, failures } = check(tapService, given);
    expect(failures).to.deep.equal([]);
    expect(inputs.host).to.deep.equal({ name: "a", address: "a" });
    expect(inputs).not.to.have.property("tenant");
  });

  it("names all that is wrong at once, each at its argument", () => {
    const { failures } = check(tapService, { ...monitor, tunnelId: 0, attachment: "x", extra: 1 });
    expect(failures.map(({ property }) => property)).to.have.members(["tunnelId", "attachment", "extra"]);
  });

  it("are normalised: MACs in lower case with colons, defaults filled in", () => {
    const { inputs, failures } = check(tapService, { host: "host2", port: { mac: "FA-16-3E-00-00-0A" } });
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include({
      port: { mac: "fa:16:3e:00:00:0a" },
      host: { name: "host2", address: "host2" },
      attachment: "tap-bridge",
      attachTimeout: 60,
      distribution: "copy",
    });
  });

  it("pass while they are unknown, and do not prevent checking the rest", () => {
    const { inputs, failures } = check(tapService, {
      host: UNKNOWN,
      port: { ifaceId: UNKNOWN },
      tunnelId: 7,
    });
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include({ host: UNKNOWN, tunnelId: 7, ref: UNKNOWN });
    const wrong = check(tapService, { host: UNKNOWN, port: "tap-ids", tunnelId: 0 });
    expect(wrong.failures.map(({ property }) => property)).to.deep.equal(["tunnelId"]);
  });
});

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

describe("the arguments of a MirrorTunnel", () => {
  const three = ["host1", "host2", "host3"];
  tunnelRefuses(
    "three hosts in a pair",
    { hosts: three },
    "hosts",
    /exactly two hosts, not 3 \(host1, host2, host3\); mode "mesh"/,
  );
  tunnelRefuses("one host", { hosts: ["host1"] }, "hosts", /at least two hosts/);
  tunnelRefuses("one host in a mesh", { hosts: ["host1"], mode: "mesh" }, "hosts", /at least two hosts/);
  tunnelRefuses("a host twice", { hosts: ["host1", "host1"] }, "hosts", /host1 is named twice/);
  const mesh = { hosts: [...three, "host1"], mode: "mesh" };
  tunnelRefuses("a host twice in a mesh", mesh, "hosts", /host1 is named twice/);
  tunnelRefuses(
    "an address for one of two",
    { localIps: ["192.0.2.11"] },
    "localIps",
    /1 addresses for 2 hosts; give one for each/,
  );
  tunnelRefuses(
    "an address that is none",
    { localIps: ["192.0.2.11", "x"] },
    "localIps",
    /localIps\[1\]: .*IPv4 or IPv6.*"x"/,
  );
  const same = ["192.0.2.11", "192.0.2.11"];
  tunnelRefuses("one address for two", { localIps: same }, "localIps", /192\.0\.2\.11 is named twice/);
  tunnelRefuses("a UDP port of GRE", { type: "gre", udpPort: 15000 }, "udpPort", /GRE has no UDP port/);
  tunnelRefuses("a UDP port of 0", { udpPort: 0 }, "udpPort", /\(got 0\)/);
  tunnelRefuses("a UDP port of 17 bits", { udpPort: 65536 }, "udpPort", /65535.*\(got 65536\)/);
  tunnelRefuses("an encapsulation it does not have", { type: "stt" }, "type", /vxlan.*geneve.*gre/);
  tunnelRefuses("an unknown mode", { mode: "star" }, "mode", /pair.*mesh/);
  tunnelRefuses("an argument it does not have", { vni: 7 }, "vni", /unknown argument "vni"/);

  it("keep hosts and their addresses in order", () => {
    const args = { hosts: ["b", "a"], localIps: ["192.0.2.2", "192.0.2.1"] };
    const { inputs } = check(mirrorTunnel, args);
    expect(inputs.ref).to.deep.include({
      localIps: args.localIps,
      udpPort: 14789,
      mode: "pair",
      type: "vxlan",
    });
    expect((inputs.hosts as { address: string }[]).map(({ address }) => address)).to.deep.equal(["b", "a"]);
  });

  it("give each type a UDP port of its own", () => {
    const port = (args: Record<string, unknown>) =>
      check(mirrorTunnel, { hosts: ["a", "b"], ...args }).inputs.udpPort;
    expect(port({})).to.equal(14789);
    expect(port({ type: "geneve" })).to.equal(14790);
    expect(port({ type: "geneve", udpPort: 14789 })).to.equal(14789);
    expect(port({ type: UNKNOWN })).to.equal(UNKNOWN);
  });

  it("contradict nothing while they are unknown", () => {
    const unknown = { hosts: ["host1", UNKNOWN, "host3"], type: "gre", udpPort: UNKNOWN };
    expect(check(mirrorTunnel, unknown)).to.deep.include({ failures: [] });
    expect(check(mirrorTunnel, { hosts: UNKNOWN, localIps: ["192.0.2.11"] }).failures).to.deep.equal([]);
  });
});
