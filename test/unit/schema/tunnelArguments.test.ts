import { expect } from "chai";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { check, tunnelRefuses } from "../treatment/refusals";

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
