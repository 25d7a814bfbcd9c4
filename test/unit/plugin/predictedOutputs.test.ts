import { expect } from "chai";
import { predictedOutputs } from "../../../plugin/predictedOutputs";
import { UNKNOWN } from "../../../provider/schema/unknown";

const host = { name: "one", address: "192.0.2.1" };
const inputs = { host, port: { mac: "fa:16:3e:00:00:01" }, tunnelId: 7, rules: ["a"], description: "new" };
const olds = {
  ...{ ...inputs, rules: ["b"], description: "old", incarnation: "t", status: "active" },
  ...{ portName: "tap-web", portNames: ["tap-web"], ifaceIds: { "fa:16:3e:00:00:01": "id" } },
};

describe("what a preview of the plugin predicts", () => {
  it("for a create is what follows from the arguments", () => {
    expect(predictedOutputs("TapFlow", inputs, {})).to.deep.equal({
      ...inputs,
      ...{ portName: UNKNOWN, portNames: UNKNOWN, ifaceIds: UNKNOWN, status: UNKNOWN, incarnation: UNKNOWN },
    });
  });

  it("for an update is also what was found on the host, while the arguments that decide it are unchanged", () => {
    const { portName, portNames, ifaceIds, incarnation } = olds;
    const now = { ...inputs, host: { ...host, user: "ops" } };
    expect(predictedOutputs("TapFlow", now, olds)).to.deep.equal({
      ...now,
      ...{ portName, portNames, ifaceIds, incarnation, status: UNKNOWN },
    });
  });

  it("contains nothing if nothing was found and nothing will be", () => {
    const { ifaceIds: _, ...without } = olds;
    expect(predictedOutputs("TapFlow", inputs, without)).not.to.have.property("ifaceIds");
  });

  for (const [what, news, was] of [
    ["of another port", { port: "tap-db" }, {}],
    ["of a port that is not known yet", { port: UNKNOWN }, {}],
    ["on another host", { host: { ...host, address: "192.0.2.2" } }, {}],
    ["of candidates", { host: undefined, hosts: [host] }, {}],
    ["that was not plugged", {}, { portName: "" }],
  ] as const) {
    it(`does not know the name of a port ${what}`, () => {
      const { portName, ifaceIds } = predictedOutputs("TapFlow", { ...inputs, ...news }, { ...olds, ...was });
      expect([portName, ifaceIds]).to.deep.equal([UNKNOWN, UNKNOWN]);
    });
  }

  it("knows the ports of a tunnel that stays the same on the wire", () => {
    const tunnel = { hosts: [host], mode: "pair", type: "vxlan", udpPort: 1, localIps: [] };
    const made = { ...tunnel, portNames: { "192.0.2.1": "mt1" }, incarnation: "t", status: "active" };
    const names = (news: object) => predictedOutputs("MirrorTunnel", { ...tunnel, ...news }, made).portNames;
    expect([names({ tos: 8 }), names({ udpPort: 2 })]).to.deep.equal([made.portNames, UNKNOWN]);
  });

  it("knows the name of a monitor port that stays the same", () => {
    const port = { host, type: "internal", name: "mp-1", port: "mp-1", libvirt: "", rules: [] };
    const made = { ...port, portName: "mp-1", incarnation: "t", status: "active" };
    const name = (news: object) => predictedOutputs("MonitorPort", { ...port, ...news }, made).portName;
    expect([name({ mtu: 9000 }), name({ name: "mp-2" })]).to.deep.equal(["mp-1", UNKNOWN]);
  });
});
