import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import { repositoryRoot } from "../../engine/fixtureProject";

const root = repositoryRoot();

/** Runs a program under Pulumi's mocks, and returns what it prints. `mocks`: the text of all arguments of `setMocks`. */
async function run(mocks: string, text: string): Promise<unknown> {
  const program = `
const pulumi = require("@pulumi/pulumi");
const { MirrorTunnel, MonitorPort, TapFlow, TapService } = require("pulumi-taas");
pulumi.runtime.setMocks(${mocks});
${text}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], { cwd: root });
  return JSON.parse(stdout);
}

/** As Pulumi's manual writes them, without an organization. */
const USUAL = `
{ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs },
"project", "stack", false`;

describe("a program that runs with the mocks of Pulumi", function () {
  this.timeout(60_000);

  it("has owner keys with the organization of backends that have none", async () => {
    const owner = await run(
      USUAL,
      `new TapService("ids", { host: "h", port: "p" }).owner.apply((owner) => console.log(JSON.stringify(owner)));`,
    );
    expect(owner).to.equal("organization/project/stack/TapService/ids");
  });
});
