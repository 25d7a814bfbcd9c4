import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

describe("npm's tree of packages, with which Pulumi's SDK packs functions", () => {
  it("is loaded on first use, and is the same", async () => {
    const text = `
      const loaded = () => Object.keys(require.cache).some((file) => file.includes("/@npmcli/arborist/"));
      require("@pulumi/pulumi");
      const sdk = require.resolve("@pulumi/pulumi/runtime/closure/codePaths");
      const late = require("node:module").createRequire(sdk)("@npmcli/arborist");
      const said = [loaded(), typeof late.Arborist, loaded()];
      const real = require.cache[require.resolve("@npmcli/arborist")].exports;
      console.log([...said, late.Arborist === real.Arborist, require("@npmcli/arborist") === real].join());
    `;
    const root = repositoryRoot();
    const preloaded = JSON.stringify(join(root, "dist/test/lateArborist.js"));
    const env = { NODE_OPTIONS: `--require ${preloaded}` };
    const { stdout } = await execa(process.execPath, ["--eval", text], { cwd: root, env });
    expect(stdout).to.equal("false,function,true,true,true");
  });
});
