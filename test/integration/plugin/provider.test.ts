import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { RunResult } from "../../engine/runResult";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { openProgram, type Program, stepOf, succeeded } from "../lifecycle/program";
import { pluginsOf } from "./plugins";
import { copies, openYaml } from "./program";

const SECRET = "203.0.113.77";

describe("the plugin as a provider", function () {
  this.timeout(120_000);
  let lab: Lab;
  const programs: { remove(): void }[] = [];

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(async () => {
    for (const program of programs) program.remove();
    await lab?.stop();
  });

  const config = () => ({
    "taas:sshConfig": lab.sshConfig,
    "taas:hosts": { source: { address: "host1" }, monitor: { address: "host2" } },
  });

  async function open(text: string): Promise<Program["stack"]> {
    const program = await openYaml(text, config());
    programs.push(program);
    return program.stack;
  }

  function errors({ diagnostics }: RunResult): string {
    const wrong = diagnostics.filter(({ severity }) => severity === "error");
    return wrong.map(({ message }) => message).join("\n");
  }

  it("has an inventory of its own where it is explicit, beside the default one", async () => {
    const stack = await open(`
resources:
  lab:
    type: pulumi:providers:taas
    properties: { hosts: { there: { address: host2 } }, sshConfig: ${lab.sshConfig}, organization: security }
  ids:
    type: taas:TapService
    properties: { host: there, port: tap-ids }
    options: { provider: "\${lab}" }
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: source, port: tap-web }
outputs: { owners: ["\${ids.owner}", "\${web.owner}"] }
`);
    succeeded(await stack.up());
    expect((await stack.outputs()).owners).to.deep.equal([
      "security/fixture/test/TapService/ids",
      "organization/fixture/test/TapFlow/web",
    ]);
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(10);
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
  });

  it("refuses an inventory that is wrong by the name of the property", async () => {
    const stack = await open(`
resources:
  lab:
    type: pulumi:providers:taas
    properties: { hosts: { there: { adress: host2 } } }
`);
    const result = await stack.preview();
    expect(errors(result)).to.match(/property hosts .*hosts\.there: has no field "adress"/);
  });

  it("keeps a secret in a filter secret in all that follows from it", async () => {
    const stack = await open(`
resources:
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids }
  web:
    type: taas:TapFlow
    properties:
      service: "\${ids.ref}"
      host: source
      port: tap-web
      filter: [{ action: accept, source: { "fn::secret": ${SECRET} } }]
outputs: { rules: "\${web.rules}" }
`);
    for (const result of [await stack.preview(), await stack.up(), await stack.refresh()]) {
      succeeded(result);
      expect(JSON.stringify(result.steps) + result.text).not.to.include(SECRET);
    }
    const { resources = [] } = (await stack.exportState()).deployment;
    const [web, root] = ["::web", "Stack::fixture-test"].map((end) =>
      resources.find(({ urn }) => urn.endsWith(end)),
    );
    for (const map of [web!.inputs!, web!.outputs!])
      for (const [name, value] of Object.entries(map).filter(([name]) => ["filter", "rules"].includes(name)))
        expect(Object.keys(value as object), name).to.include("plaintext");
    expect(Object.keys(root!.outputs!.rules as object)).to.include("plaintext");
    succeeded(await stack.destroy());
  });

  it("leaves to another provider of the stack what that one is making on the same hosts", async () => {
    const flows = Array.from({ length: 8 }, (_, index) => [
      `  web${index}:`,
      "    type: taas:TapFlow",
      "    properties:",
      `      { service: "\${ids.ref}", host: source, port: tap-web, filter: [{ action: accept, vlan: ${100 + index} }] }`,
      `    options: { provider: "\${${index % 2 === 0 ? "one" : "two"}}" }`,
    ]);
    const inventory = `hosts: { source: { address: host1 }, monitor: { address: host2 } }, sshConfig: ${lab.sshConfig}`;
    const stack = await open(`
resources:
  one: { type: pulumi:providers:taas, properties: { ${inventory} } }
  two: { type: pulumi:providers:taas, properties: { ${inventory} } }
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids }
    options: { provider: "\${one}" }
${flows.flat().join("\n")}
`);
    succeeded(await stack.up());
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
  });

  it("replaces a flow and a tunnel where their options say so, and the new ones are the old ones' heirs", async () => {
    const text = (option: string) => `
resources:
  pair:
    type: taas:MirrorTunnel
    properties: { hosts: [source, monitor]${option === "new" ? ", tos: 8" : ""} }
    options: { replaceOnChanges: [tos] }
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids }
  web:
    type: taas:TapFlow
    properties:
      { service: "\${ids.ref}", tunnel: "\${pair.ref}", host: source, port: tap-web, description: ${option} }
    options: { replaceOnChanges: [description] }
`;
    const stack = await open(text("old"));
    succeeded(await stack.up());
    const next = await open(text("new"));
    await next.importState(await stack.exportState());
    expect(succeeded(await next.up()).changes.replace).to.equal(2);
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(10);
    succeeded(await next.refresh({ expectNoChanges: true }));
    succeeded(await next.destroy());
  });

  it("takes resources over from the dynamic provider and gives them back, and no host changes", async () => {
    const resources = (aliases: string) => `
const ids = new TapService("ids", { host: "monitor", port: "tap-ids" }${aliases.replace("KIND", "TapService")});
new TapFlow("web", { service: ids, host: "source", port: "tap-web" }${aliases.replace("KIND", "TapFlow")});`;
    const dynamic = await openProgram(resources(""), config());
    const back = await openProgram(resources(', { aliases: [{ type: "taas:index:KIND" }] }'), config());
    programs.push(dynamic, back);
    const alias = (kind: string) => `options: { aliases: [{ type: "pulumi-nodejs:dynamic/taas:${kind}" }] }`;
    const plugin = await open(`
resources:
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids }
    ${alias("TapService")}
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: source, port: tap-web }
    ${alias("TapFlow")}
`);
    succeeded(await dynamic.stack.up());
    const made = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    await plugin.importState(await dynamic.stack.exportState());
    expect(succeeded(await plugin.up({ expectNoChanges: true })).changes.same).to.equal(3);
    succeeded(await plugin.refresh({ expectNoChanges: true }));
    await back.stack.importState(await plugin.exportState());
    succeeded(await back.stack.up({ expectNoChanges: true }));
    succeeded(await back.stack.refresh({ expectNoChanges: true }));
    const now = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    for (const [index, was] of made.entries()) expect(diffSnapshots(was, now[index]!)).to.deep.equal([]);
    await plugin.importState(await back.stack.exportState());
    succeeded(await plugin.destroy());
  });

  const waiting = (port: string, options = "") => `
resources:
  ids:
    type: taas:TapService
    properties: { host: monitor, port: ${port} }
    ${options}
`;

  it("waits for a port no longer than customTimeouts say, and says what is missing", async () => {
    const stack = await open(waiting("tap-nobody", 'options: { customTimeouts: { create: "2s" } }'));
    const began = performance.now();
    expect(errors(await stack.up())).to.match(/monitor port "tap-nobody" is not plugged into br-int/);
    expect(performance.now() - began).to.be.below(20_000);
  });

  it("that is killed leaves nothing that the next run does not put right", async () => {
    const stack = await open(waiting("tap-nobody"));
    const run = stack.up();
    const killed = (async () => {
      for (;;) {
        await sleep(200);
        const [plugin] = await pluginsOf(process.pid);
        if (plugin === undefined) continue;
        await sleep(1500);
        process.kill(plugin, "SIGKILL");
        return;
      }
    })();
    const [result] = await Promise.all([run, killed]);
    expect(result.succeeded).to.equal(false);
    const next = await open(waiting("tap-ids"));
    await next.importState(await stack.exportState());
    expect(stepOf(succeeded(await next.up()), "ids").op).to.equal("create");
    succeeded(await next.destroy());
  });
});
