import { expect } from "chai";
import type { Properties } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { check, collectorRefuses, serviceRefuses, tunnelRefuses } from "./refusals";

describe("the check of a collector", () => {
  const keys = (ingress: number, egress: number) => ({ keys: { ingress, egress } });
  collectorRefuses("an ERSPAN key of 1024", { type: "erspan", key: 1_024 }, /^collector\.key: .*1 to 1023/);
  collectorRefuses("an ERSPAN key of 0", { type: "erspan", key: 0 }, /^collector\.key: .*1 to 1023/);
  collectorRefuses(
    "one way's key of 1024",
    { type: "erspan", ...keys(1, 1_024) },
    /keys\.egress: .*1 to 1023/,
  );
  collectorRefuses("a VXLAN key of 25 bits", { type: "vxlan", key: 16_777_216 }, /\.key: .*0 to 16777215/);
  collectorRefuses("a GRE key of 33 bits", { type: "gre", key: 4_294_967_296 }, /\.key: .*4294967295/);
  collectorRefuses("key and keys", { type: "gre", key: 5, ...keys(1, 2) }, /^collector\.keys: .*not both/);
  collectorRefuses(
    "keys that do not differ",
    { type: "gre", ...keys(2, 2) },
    /^collector\.keys: .*must differ/,
  );
  collectorRefuses("a key of one way", { type: "gre", keys: { ingress: 2 } }, /^collector\.keys\.egress: /);
  collectorRefuses(
    "a UDP port of GRE",
    { type: "gre", udpPort: 9 },
    /^collector\.udpPort: gre has no UDP port/,
  );
  collectorRefuses(
    "a UDP port of ERSPAN",
    { type: "erspan", udpPort: 9 },
    /^collector\.udpPort: erspan has no/,
  );
  collectorRefuses("ERSPAN by GRE", { type: "gre", erspanVersion: 2 }, /\.erspanVersion: gre is not ERSPAN/);
  collectorRefuses("ERSPAN version 3", { type: "erspan", erspanVersion: 3 }, /^collector\.erspanVersion: /);
  collectorRefuses("a name", { address: "ids.example", type: "gre" }, /^collector\.address: .*IPv4 or IPv6/);
  collectorRefuses("no type", {}, /^collector\.type: /);
  collectorRefuses("an unknown type", { type: "stt" }, /^collector\.type: .*gre.*erspan.*vxlan.*geneve/);
  const collector = { address: "192.0.2.200", type: "gre" };
  serviceRefuses("it besides a host", { collector, host: "host2" }, "host", /either collector, or host/);
  serviceRefuses("it besides a port", { collector, port: "tap-mon" }, "port", /either collector, or host/);
  serviceRefuses("it besides ports", { collector, ports: ["tap-mon"] }, "ports", /either collector, or host/);
  serviceRefuses("to distribute", { collector, distribution: "hash" }, "distribution", /either collector/);
  serviceRefuses(
    "to attach it",
    { collector, attachment: "integration-bridge" },
    "attachment",
    /either collector/,
  );

  it("uses the service's tunnel id as the key, for ERSPAN what 10 bits hold of it, and the assigned port", () => {
    const complete = (args: Properties) => {
      const { inputs } = check(tapService, { collector: { ...collector, ...args }, tunnelId: 0x123456 });
      return (inputs.ref as Properties).collector;
    };
    const key = 0x123456;
    const same = { address: "192.0.2.200", keys: { ingress: key, egress: key } };
    expect(complete({})).to.deep.equal({ ...same, type: "gre", udpPort: 0 });
    expect(complete({ type: "vxlan" })).to.deep.equal({ ...same, type: "vxlan", udpPort: 4_789 });
    expect(complete({ type: "geneve" })).to.deep.equal({ ...same, type: "geneve", udpPort: 6_081 });
    const session = 1 + (key % 1_023);
    expect(complete({ type: "erspan" })).to.deep.equal({
      address: "192.0.2.200",
      type: "erspan",
      udpPort: 0,
      erspanVersion: 1,
      keys: { ingress: session, egress: session },
    });
  });

  it("accepts the largest keys, and IPv6 in one spelling", () => {
    const accepted = [
      { type: "erspan", erspanVersion: 2, ...keys(1, 1_023) },
      { key: 4_294_967_295 },
      { type: "geneve", key: 16_777_215, udpPort: 65_535 },
    ];
    for (const args of accepted) {
      expect(check(tapService, { collector: { ...collector, ...args } }).failures).to.deep.equal([]);
    }
    const { inputs } = check(tapService, { collector: { ...collector, address: "2001:DB8:0::00c8" } });
    expect(inputs.collector).to.deep.include({ address: "2001:db8::c8" });
  });
});

describe("the check of monitors", () => {
  const host = "host2";
  serviceRefuses("port and ports", { host, port: "tap-a", ports: ["tap-b"] }, "ports", /not both/);
  serviceRefuses("neither", { host }, "port", /required/);
  serviceRefuses("no host", { port: "tap-a" }, "host", /required/);
  serviceRefuses("a list of none", { host, ports: [] }, "ports", /at least one/);
  serviceRefuses("one twice", { host, ports: ["tap-a", "tap-b", "tap-a"] }, "ports", /^ports\[2\]: .*twice/);
  serviceRefuses(
    "to distribute to one",
    { host, port: "a", distribution: "hash" },
    "distribution",
    /give ports/,
  );
  const random = { host, ports: ["tap-a", "tap-b"], distribution: "random" };
  serviceRefuses("an unknown distribution", random, "distribution", /copy.*hash.*failover/);
});

describe("the check of a MirrorTunnel", () => {
  tunnelRefuses("BFD on a mesh", { mode: "mesh", bfd: true }, "bfd", /mode "pair"/);
  const localIps = ["192.0.2.11", "2001:db8::12"];
  tunnelRefuses("IPv4 and IPv6 together", { localIps }, "localIps", /IPv4.*IPv6/);
  tunnelRefuses("a type of service of 256", { tos: 256 }, "tos", /255/);
});
