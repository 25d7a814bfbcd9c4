import { expect } from "chai";
import type { Kind } from "../../provider/face/computed";
import { Provider } from "../../provider/provider";
import type { Context } from "../../provider/resource/context";
import type { Properties } from "../../provider/resource/resource";
import { readSettings, type Settings } from "../../provider/settings";
import { memoryHosts } from "./resource/memoryHosts";

/** A configuration with an inventory. */
function inventoryOf(hosts: Properties): Settings {
  return readSettings((key) => (key === "taas:hosts" ? JSON.stringify(hosts) : undefined));
}

/** A configuration with two hosts, of which some are declared gone. No name server knows them. */
function configured(...gone: string[]): Settings {
  const host = (name: string) => [name, { address: `${name}.invalid`, gone: gone.includes(name) }] as const;
  return inventoryOf(Object.fromEntries(["a", "b"].map(host)));
}

const PAST = "2020-01-31T17:00:00Z";

/** A provider of hosts that are kept in memory. */
class MemoryProvider extends Provider {
  private readonly context: Context = memoryHosts(
    ["tap-ids", "tap-ids2", "tap-web"].map((name) => ({ name })),
  );

  constructor() {
    const settings = readSettings(() => undefined);
    super(() => settings);
  }

  override async contextFor(): Promise<Context> {
    return this.context;
  }
}

describe("a provider", () => {
  it("reaches hosts by the configuration that it has now, as one in a debugger serves run after run", async () => {
    const warnings: string[] = [];
    const caller = { warn: (message: string) => void warnings.push(message), secrets: new Set<string>() };
    let settings = configured("a");
    const provider = new Provider(() => settings);
    const on = (host: string) => {
      const args = { owner: "o/p/s/TapService/ids", host, port: "tap-ids" };
      return { ...provider.check("TapService", {}, args, new Set()).inputs, incarnation: "t" };
    };
    const later = on("b");
    await provider.delete("TapService", on("a"), caller);
    await provider.close();
    settings = configured("a", "b");
    await provider.delete("TapService", later, caller);
    expect(warnings.map((text) => text.replace(/:.*/, ""))).to.deep.equal([
      "host a is declared gone",
      "host b is declared gone",
    ]);
  });

  it("reads and deletes nothing on a host whose address another name of the inventory declares gone", async () => {
    const warnings: string[] = [];
    const caller = { warn: (message: string) => void warnings.push(message), secrets: new Set<string>() };
    const settings = inventoryOf({ old3: { address: "192.0.2.13", gone: true } });
    const provider = new Provider(() => settings);
    const args = { owner: "o/p/s/TapService/ids", host: { name: "compute3", address: "192.0.2.13" } };
    const { inputs } = provider.check("TapService", {}, { ...args, port: "tap-ids" }, new Set());
    const state = { ...inputs, incarnation: "t", portName: "tap-ids", status: "active" };
    await provider.read("TapService", "id", state, caller);
    await provider.delete("TapService", state, caller);
    const gone = "host compute3 is declared gone: what was there counts as deleted";
    expect(warnings).to.deep.equal([gone, gone]);
  });

  describe("that checks hosts with one address", () => {
    const at = (port: number, more: Properties = {}) => ({ address: "127.0.0.1", port, ...more });

    /** What check says of each resource in turn, about which of its properties. */
    function refusals(hosts: Properties, ...resources: (readonly [Kind, Properties])[]): string[][] {
      const settings = inventoryOf(hosts);
      const provider = new Provider(() => settings);
      return resources.map(([kind, args], index) => {
        const news = { owner: `o/p/s/${kind}/r${index}`, ...args };
        const { failures } = provider.check(kind, {}, news, new Set());
        return failures.map(({ property, reason }) => `${property}: ${reason}`);
      });
    }

    it("refuses the second of two ports, in every kind of resource", () => {
      const two = [at(2201), at(2202)];
      const service = { format: 1, owner: "o/p/s/TapService/ids", tunnelId: 5, attachment: "tap-bridge" };
      const others: [Kind, Properties][] = [
        ["MonitorPort", { host: at(2202) }],
        ["TapService", { hosts: two, port: "tap-ids" }],
        ["TapFlow", { service: { ...service, host: at(2202, { name: "m2" }) }, host: two[1], port: "tap" }],
        ["MirrorTunnel", { hosts: two }],
      ];
      const [first, ...rest] = refusals({}, ["MonitorPort", { host: at(2201) }], ...others);
      expect(first).to.deep.equal([]);
      const reason =
        "host 127.0.0.1: the program also reaches 127.0.0.1 by another port or jump host, and hosts are told apart by address. Give each machine its own address: an ssh_config alias with its HostName, Port and ProxyJump";
      const properties = ["host", "hosts", "host", "hosts"];
      expect(rest).to.deep.equal(properties.map((property) => [`${property}: ${reason}`]));
    });

    it("refuses another port or jump host than the inventory's for the address", () => {
      const inventory = { m1: at(2201) };
      const given: Properties[] = [
        { address: "127.0.0.1" },
        at(2201),
        at(2202),
        { address: "127.0.0.1", proxyJump: "bastion" },
      ];
      const found = refusals(inventory, ...given.map((host) => ["MonitorPort", { host }] as const));
      const isRefused = ([reason = ""]: string[]) => reason.includes("the inventory also reaches 127.0.0.1");
      expect(found.map((reasons) => reasons.length > 0)).to.deep.equal([false, false, true, true]);
      expect(found.map(isRefused)).to.deep.equal([false, false, true, true]);
    });

    it("accepts a host that another resource's recorded output names, though the program has another port by now", () => {
      for (const [inventory, given] of [
        [{}, at(2202)],
        [{ m1: at(2202) }, "m1"],
      ] as const) {
        const settings = inventoryOf(inventory);
        const provider = new Provider(() => settings);
        const [olds, ids] = [{ host: at(22, { name: "127.0.0.1" }) }, { owner: "o/p/s/MonitorPort/ids" }];
        const { inputs } = provider.check("MonitorPort", olds, { ...ids, host: given }, new Set());
        provider.diff("MonitorPort", olds, inputs);
        const db = { owner: "o/p/s/MonitorPort/db", host: olds.host };
        expect(provider.check("MonitorPort", {}, db, new Set()).failures).to.deep.equal([]);
      }
    });

    it("ignores what a state recorded, and entries that are gone", () => {
      const [olds, settings] = [{ host: at(2201, { name: "127.0.0.1" }) }, inventoryOf({})];
      const args = { owner: "o/p/s/MonitorPort/m", host: at(2202) };
      const { failures } = new Provider(() => settings).check("MonitorPort", olds, args, new Set());
      expect(failures).to.deep.equal([]);
      const [recorded, byName] = [at(22, { name: "m1" }), "m1"];
      const both = [recorded, byName].map((host) => ["MonitorPort", { host }] as const);
      expect(refusals({ m1: at(2201) }, ...both)).to.deep.equal([[], []]);
      expect(refusals({ m1: { address: "127.0.0.1", gone: true } }, ...both.slice(0, 1))).to.deep.equal([[]]);
    });

    it("takes another port in the next run of a process that a debugger keeps", () => {
      let settings = inventoryOf({});
      const provider = new Provider(() => settings);
      for (const port of [2201, 2202]) {
        const args = { owner: "o/p/s/MonitorPort/m", host: at(port) };
        expect(provider.check("MonitorPort", {}, args, new Set()).failures).to.deep.equal([]);
        settings = inventoryOf({});
      }
    });
  });

  describe("that replaces a resource", () => {
    const caller = { warn: () => undefined, secrets: new Set<string>() };
    const [a, b] = ["a", "b"].map((name) => `o/p/s/TapService/${name}`) as [string, string];
    let provider: Provider;

    beforeEach(() => {
      provider = new MemoryProvider();
    });

    const checked = (owner: string, more: Properties = {}) => {
      const args = { owner, host: "h", port: "tap-ids", tunnelId: 7, ...more };
      return provider.check("TapService", {}, args, new Set()).inputs;
    };
    const create = (inputs: Properties) => provider.create("TapService", inputs, caller);

    it("takes over the claim of the one before, which a diff has told of", async () => {
      const { outs } = await create(checked(a));
      const changed = checked(a, { port: "tap-ids2" });
      provider.diff("TapService", outs, changed);
      expect((await create(changed)).outs.port).to.equal("tap-ids2");
    });

    it("leaves the claim of one that was renamed to the resource that has its new name", async () => {
      const { outs } = await create(checked(a));
      provider.diff("TapService", outs, checked(b));
      const error = await create(checked(a, { port: "tap-ids2" })).catch((reason: unknown) => reason);
      expect(error).to.have.property("code", "claim-differs");
    });

    it("lets a tap that has ended be replaced, and no new one begin", async () => {
      const ids = checked(a);
      const args = { owner: "o/p/s/TapFlow/web", host: "h", port: "tap-web", service: ids.ref, until: PAST };
      const failures = (olds: Properties) => provider.check("TapFlow", olds, args, new Set()).failures;
      expect(failures({}).map(({ property }) => property)).to.deep.equal(["until"]);
      expect(failures(args)).to.deep.equal([]);
      expect(failures({})).to.deep.equal([]);
      const { inputs } = provider.check("TapFlow", {}, args, new Set());
      expect((await provider.create("TapFlow", inputs, caller)).outs.status).to.equal("ended");
    });

    it("knows no tap of the run before", () => {
      let settings = readSettings(() => undefined);
      const later = new Provider(() => settings);
      const service = checked(a).ref;
      const args = { owner: "o/p/s/TapFlow/web", host: "h", port: "tap-web", service, until: PAST };
      const failures = (olds: Properties) => later.check("TapFlow", olds, args, new Set()).failures;
      expect(failures(args)).to.deep.equal([]);
      settings = readSettings(() => undefined);
      expect(failures({}).map(({ property }) => property)).to.deep.equal(["until"]);
    });

    it("updates what was deleted with it, although nothing of that has changed", async () => {
      const { outs: ids } = await create(checked(a));
      const args = { owner: "o/p/s/TapFlow/web", host: "h", port: "tap-web", service: ids.ref };
      const web = provider.check("TapFlow", {}, args, new Set()).inputs;
      const { outs } = await provider.create("TapFlow", web, caller);
      expect(provider.diff("TapFlow", outs, web).changes).to.equal(false);
      await provider.delete("TapService", ids, caller);
      await create(checked(a));
      expect(provider.diff("TapFlow", outs, web)).to.deep.include({ changes: true, replaces: [] });
      const updated = await provider.update("TapFlow", { id: "id", olds: outs }, web, caller);
      expect(provider.diff("TapFlow", updated.outs, web).changes).to.equal(false);
      const read = await provider.read("TapFlow", "id", outs, caller);
      expect(read.props).to.include({ status: "active" });
    });
  });
});
