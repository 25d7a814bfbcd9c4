import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import {
  claimedHost,
  type HostArgument,
  type Inventory,
  resolveHost,
  withPresentConnection,
} from "../../../provider/host/inventory";

const inventory: Inventory = {
  "compute-1": { address: "192.0.2.1", user: "ops", tunnelIp: "198.51.100.1" },
  "compute-2": "192.0.2.2",
  "compute-3": "compute-1",
  "compute-4": "compute-4",
  here: "local",
};

function codeOf(host: HostArgument, hosts: Inventory = {}): string {
  try {
    resolveHost(host, hosts);
  } catch (error) {
    return (error as TaasError).code;
  }
  return "accepted";
}

describe("resolving a host argument", () => {
  for (const [what, host, expected] of [
    [
      "a name of the inventory",
      "compute-1",
      { name: "compute-1", address: "192.0.2.1", user: "ops", tunnelIp: "198.51.100.1" },
    ],
    ["a name that stands for an address", "compute-2", { name: "compute-2", address: "192.0.2.2" }],
    [
      "a name that stands for another name",
      "compute-3",
      { name: "compute-3", address: "192.0.2.1", user: "ops", tunnelIp: "198.51.100.1" },
    ],
    ["a name that stands for itself", "compute-4", { name: "compute-4", address: "compute-4" }],
    [
      "an alias that is not in the inventory",
      "rack7-compute9",
      { name: "rack7-compute9", address: "rack7-compute9" },
    ],
    ["a name of Object.prototype", "constructor", { name: "constructor", address: "constructor" }],
    ["an IPv6 address", "2001:db8::1", { name: "2001:db8::1", address: "2001:db8::1" }],
    ["a link-local address with its zone", "fe80::1%eth0", { name: "fe80::1%eth0", address: "fe80::1%eth0" }],
    ["this machine", "local", { name: "local", address: "local", transport: "local" }],
    ["a name for this machine", "here", { name: "here", address: "local", transport: "local" }],
    [
      "an object",
      { address: "192.0.2.9", port: 2222 },
      { name: "192.0.2.9", address: "192.0.2.9", port: 2222 },
    ],
    [
      "an object with a name, whatever the inventory has under it",
      { name: "compute-2", address: "192.0.2.9" },
      { name: "compute-2", address: "192.0.2.9" },
    ],
  ] as [string, HostArgument, HostRecord][]) {
    it(`accepts ${what}, and what it resolves to`, () => {
      const record = resolveHost(host, inventory);
      expect(record).to.deep.equal(expected);
      expect(resolveHost(record, inventory)).to.deep.equal(expected);
      expect(resolveHost(record, {})).to.deep.equal(expected);
    });
  }

  for (const [what, host] of [
    ["is an option of ssh", "-oProxyCommand=id"],
    ["is empty", ""],
    ["has a space", "a b"],
    ["has a line break", "a\nProxyCommand id"],
    ["contains a user", "root@compute-1"],
    ["contains a port", "compute-1:22"],
    ["contains a port after brackets", "[2001:db8::1]:22"],
    ["has a shell character", "a;id"],
    ["is a pattern", "compute-*"],
  ] as const) {
    it(`refuses an address that ${what}`, () => {
      expect(codeOf(host)).to.equal("invalid-host");
      expect(codeOf("named", { named: { address: host } })).to.equal("invalid-host");
    });
  }

  it("refuses an invalid user, jump host or port", () => {
    const address = "192.0.2.1";
    expect(codeOf({ address, user: "-x" })).to.equal("invalid-host");
    expect(codeOf({ address, proxyJump: "a b" })).to.equal("invalid-host");
    for (const port of [0, 65536, 1.5, Number.NaN])
      expect(codeOf({ address, port })).to.equal("invalid-host");
  });

  it("refuses entries that refer to each other in a circle, and shows it", () => {
    expect(() => resolveHost("a", { a: "b", b: "c", c: "a" })).to.throw("a -> b -> c -> a");
  });
});

describe("the connection of a recorded host", () => {
  const recorded: HostRecord = {
    name: "compute-1",
    address: "192.0.2.1",
    port: 22,
    proxyJump: "old-jump",
    tunnelIp: "198.51.100.7",
    integrationBridge: "br-old",
  };

  it("is that of the current inventory; bridges and addresses stay as recorded", () => {
    const present: Inventory = {
      "compute-1": { address: "192.0.2.1", user: "ops", gone: true, tunnelIp: "198.51.100.8" },
    };
    expect(withPresentConnection(recorded, present)).to.deep.equal({
      name: "compute-1",
      address: "192.0.2.1",
      user: "ops",
      gone: true,
      tunnelIp: "198.51.100.7",
      integrationBridge: "br-old",
    });
  });

  it("is that of the inventory's entry for the address, if none has the name", () => {
    const present: Inventory = { other: "192.0.2.9", old1: { address: "192.0.2.1", gone: true } };
    const { port: _, proxyJump: __, ...rest } = recorded;
    expect(withPresentConnection(recorded, present)).to.deep.equal({ ...rest, gone: true });
    const claimed = claimedHost(recorded, present, new Map());
    expect(claimed).to.deep.equal({ record: { ...rest, gone: true }, saidBy: "operator" });
  });

  it("is that of the entry with its name, if several have the address", () => {
    const address = "192.0.2.1";
    const present: Inventory = { a: { address, user: "a" }, "compute-1": { address, user: "ops" } };
    expect(withPresentConnection(recorded, present)).to.include({ name: "compute-1", user: "ops" });
  });

  it("is the recorded one when the inventory no longer has the host", () => {
    expect(withPresentConnection(recorded, {})).to.deep.equal(recorded);
  });

  it("is the recorded one when the name now refers to another machine", () => {
    expect(
      withPresentConnection(recorded, { "compute-1": { address: "192.0.2.99", user: "ops" } }),
    ).to.deep.equal(recorded);
  });

  it("does not change the record it is given", () => {
    const before = structuredClone(recorded);
    withPresentConnection(recorded, { "compute-1": { address: "192.0.2.1", user: "ops" } });
    expect(recorded).to.deep.equal(before);
  });
});
