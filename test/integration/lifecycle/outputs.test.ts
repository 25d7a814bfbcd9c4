import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { openProgram, type Program, succeeded } from "./program";

describe("what resources put out", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 2 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    program = await openProgram(
      `
const args = config.require("args");
const ignoreChanges = config.getObject<string[]>("ignoreChanges");
const spelled = args !== "outputs";
const elsewhere = args === "elsewhere";
const [one, two] = elsewhere ? ["compute8", "compute9"] : ["compute1", "compute2"];
const way = new MirrorTunnel("way", { hosts: [one, two], type: "gre" }, { ignoreChanges });
const ids = new TapService("ids", {
  host: spelled ? two : way.hosts.apply((hosts) => hosts[1]!), port: "tap-ids", description: "monitor" }, { ignoreChanges });
const db = new TapFlow("db", {
  service: ids, host: spelled ? two : ids.host, port: "tap-db",
  description: spelled ? "monitor" : ids.description }, { ignoreChanges });
const web = new TapFlow("web", {
  service: ids, hosts: spelled ? [one, two] : way.hosts, port: "tap-web", tunnel: way }, { ignoreChanges });
new MirrorTunnel("other", {
  hosts: spelled ? [one, two] : [web.hosts.apply((hosts) => hosts![0]!), ids.ref.apply((ref) => ref.host!)],
  udpPort: 15000 }, { ignoreChanges });
export const names = way.hosts.apply((hosts) => hosts.map(({ name }) => name));
`,
      configured("names"),
    );
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  function configured(args: string, ignoreChanges?: string[]): Record<string, unknown> {
    const hosts = { compute1: { address: "host1" }, compute2: { address: "host2" } };
    return {
      "taas:sshConfig": lab.sshConfig,
      "taas:hosts": JSON.stringify(hosts),
      "fixture:args": args,
      ...(ignoreChanges === undefined ? {} : { "fixture:ignoreChanges": JSON.stringify(ignoreChanges) }),
    };
  }

  it("are arguments again, and the same as those that were spelled", async () => {
    const { stack } = program;
    const made = succeeded(await stack.up());
    expect(made.changes.create).to.equal(6);
    expect(await stack.outputs()).to.deep.equal({ names: ["compute1", "compute2"] });
    await stack.configure(configured("outputs"));
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.up({ expectNoChanges: true }));
    expect(await stack.outputs()).to.deep.equal({ names: ["compute1", "compute2"] });
  });

  for (const ignoreChanges of [["host", "hosts"], ["*"]]) {
    it(`are what the program says where changes of ${ignoreChanges.join(" and ")} are ignored`, async () => {
      const { stack } = program;
      await stack.configure(configured("elsewhere", ignoreChanges));
      succeeded(await stack.up({ expectNoChanges: true }));
    });
  }

  it("make resources anew", async () => {
    const { stack } = program;
    await stack.configure(configured("outputs"));
    succeeded(await stack.destroy());
    expect(succeeded(await stack.up()).changes.create).to.equal(6);
    succeeded(await stack.destroy());
  });
});
