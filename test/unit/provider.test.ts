import { expect } from "chai";
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
    super(() => readSettings(() => undefined));
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
