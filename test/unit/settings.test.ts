import { expect } from "chai";
import { readSettings } from "../../provider/settings";

const read = (config: Record<string, string>) => () => readSettings((key) => config[key]);

describe("the stack's configuration", () => {
  it("has defaults for everything that is not given", () => {
    const { inventory, connection } = read({})();
    expect(inventory).to.deep.equal({});
    expect(connection).to.deep.include({ connectTimeout: 15, operationTimeout: 60, hostConcurrency: 10 });
  });

  const wrong: Record<string, [string, RegExp]> = {
    "an inventory that is no JSON": [
      "{compute1",
      /^stack configuration taas:hosts is not an object of hosts by name/,
    ],
    "an inventory that is a list": ['["c1"]', /taas:hosts is not an object of hosts/],
    "a host that is a number": ['{"c1":5}', /taas:hosts\.c1: must be a host's name, or a record/],
    "a host without address": ['{"c1":{"user":"x"}}', /taas:hosts\.c1\.address: is required/],
    "a host with a field it does not have": [
      '{"c1":{"address":"a","adress":"b"}}',
      /taas:hosts\.c1: has no field "adress"/,
    ],
    "two machines behind one address": [
      '{"c1":{"address":"192.0.2.1","port":2201},"c2":{"address":"192.0.2.1","port":2202}}',
      /taas:hosts: c1 and c2 have the same address but different ports or jump hosts.* an ssh_config alias/,
    ],
    "a machine behind the address of another": [
      '{"c1":"192.0.2.1","c2":{"address":"192.0.2.1","proxyJump":"c1"}}',
      /taas:hosts: c1 and c2 have the same address/,
    ],
    "a port in words": [
      '{"c1":{"address":"a","port":"22"}}',
      /taas:hosts\.c1\.port: must be a number\. Each/,
    ],
  };
  for (const [what, [text, says]] of Object.entries(wrong)) {
    it(`is refused with ${what}, with its place`, () => {
      expect(read({ "taas:hosts": text }))
        .to.throw(says)
        .with.property("code", "invalid-config");
    });
  }

  it("may have fields of hosts that are null, as YAML's empty values are, but no host that is", () => {
    const inventory = (hosts: object) => read({ "taas:hosts": JSON.stringify(hosts) });
    const given = { c1: { address: "192.0.2.1", user: null } };
    expect(inventory(given)().inventory).to.deep.equal({ c1: { address: "192.0.2.1" } });
    expect(inventory({ c1: null })).to.throw(/taas:hosts\.c1: must be a host's name, or a record/);
  });

  it("may have several names of one machine", () => {
    const hosts = {
      c1: { address: "192.0.2.1", port: 22, user: "root" },
      one: "c1",
      "192.0.2.1": "c1",
      trunk: { address: "192.0.2.1", integrationBridge: "tbr-1" },
    };
    expect(read({ "taas:hosts": JSON.stringify(hosts) })().inventory).to.deep.equal(hosts);
  });

  it("names every host of the inventory that is wrong", () => {
    const text = '{"c1":{"address":""},"c2":"-x"}';
    expect(read({ "taas:hosts": text })).to.throw(
      /hosts\.c1\.address: an address may not.*; taas:hosts\.c2: an address starts/,
    );
  });

  for (const key of ["connectTimeout", "operationTimeout", "hostConcurrency"]) {
    it(`is refused if ${key} is not a number above 0 or exceeds what timers can count, with the command that corrects it`, () => {
      for (const text of ["0", "-1", "soon", "9999999", "Infinity"]) {
        expect(read({ [`taas:${key}`]: text })).to.throw(
          `stack configuration taas:${key} must be a number above 0 and at most 604800. Correct it: pulumi config set taas:${key} ...`,
        );
      }
    });
  }
});
