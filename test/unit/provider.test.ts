import { expect } from "chai";
import { Provider } from "../../provider/provider";
import { readSettings, type Settings } from "../../provider/settings";

/** A configuration with two hosts, of which some are declared gone. No name server knows them. */
function configured(...gone: string[]): Settings {
  const host = (name: string) => [name, { address: `${name}.invalid`, gone: gone.includes(name) }] as const;
  const hosts = Object.fromEntries(["a", "b"].map(host));
  return readSettings((key) => (key === "taas:hosts" ? JSON.stringify(hosts) : undefined));
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
});
