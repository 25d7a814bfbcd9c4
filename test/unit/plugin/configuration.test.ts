import { expect } from "chai";
import {
  checkConfiguration,
  isArgument,
  isOfNamesake,
  readConfiguration,
} from "../../../plugin/configuration";
import { UNKNOWN } from "../../../provider/schema/unknown";

describe("the plugin's configuration", () => {
  const hosts = { h1: { address: "10.0.0.1", user: "ops" }, h2: "10.0.0.2" };

  for (const [what, args] of [
    ["as values", { hosts, connectTimeout: 7, organization: "acme", version: "0.1.0" }],
    [
      "as the JSON of them",
      { hosts: JSON.stringify(hosts), connectTimeout: "7", organization: '"acme"', __internal: {} },
    ],
  ] as const) {
    it(`is read ${what}`, () => {
      expect(checkConfiguration(args)).to.deep.equal([]);
      const { settings, organization } = readConfiguration(args);
      expect([settings.inventory, settings.connection.connectTimeout, organization]).to.deep.equal([
        hosts,
        7,
        "acme",
      ]);
    });
  }

  it("has the fields of its hosts as Python programs write them, too", () => {
    const written = { host_1: { address: "10.0.0.1", tunnel_ip: "10.0.1.1" } };
    for (const given of [written, JSON.stringify(written)]) {
      expect(checkConfiguration({ hosts: given })).to.deep.equal([]);
      expect(readConfiguration({ hosts: given }).settings.inventory).to.deep.equal({
        host_1: { address: "10.0.0.1", tunnelIp: "10.0.1.1" },
      });
    }
  });

  it("has defaults", () => {
    const { settings, organization } = readConfiguration({ version: "0.1.0", sshConfig: null });
    expect([settings.inventory, settings.connection.operationTimeout, organization]).to.deep.equal([
      {},
      60,
      "organization",
    ]);
  });

  for (const [property, value, reason] of [
    ["hosts", "{ bad", /^provider configuration hosts is not an object.*argument hosts/],
    ["hosts", { h1: { address: "a", prot: 22 } }, /hosts\.h1: has no field "prot"/],
    ["operationTimeout", "soon", /operationTimeout must be a number above 0/],
    ["organization", 5, /organization must be a text/],
    ["hots", {}, /unknown argument hots; the arguments are hosts, sshConfig/],
  ] as const) {
    it(`is refused with the name of its property: ${property} ${JSON.stringify(value)}`, () => {
      const failures = checkConfiguration({ connectTimeout: 5, [property]: value });
      expect(failures.map((failure) => failure.property)).to.deep.equal([property]);
      expect(failures[0]!.reason).to.match(reason);
    });
  }

  for (const [urn, is] of [
    ["urn:pulumi:dev::taas::pulumi:providers:taas::default", true],
    ["urn:pulumi:dev::taas::pulumi:providers:taas::default_0_1_0", true],
    ["urn:pulumi:dev::taas::pulumi:providers:taas::lab", false],
    ["urn:pulumi:dev::taps::pulumi:providers:taas::default", false],
  ] as const) {
    it(`has ${is ? "keys of the program's own" : "nothing but arguments"} in ${urn}`, () => {
      expect(isOfNamesake(urn)).to.equal(is);
    });
  }

  it("is distinguished from other keys in its namespace", () => {
    const names = ["hosts", "organization", "version", "__internal", "region", "toString"];
    expect(names.filter(isArgument)).to.deep.equal(["hosts", "organization", "version", "__internal"]);
  });

  it("is not checked if it is not known yet", () => {
    expect(checkConfiguration({ hosts: UNKNOWN, connectTimeout: UNKNOWN })).to.deep.equal([]);
  });
});
