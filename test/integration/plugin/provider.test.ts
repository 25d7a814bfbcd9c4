import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { Baseline } from "../faults/hosts";
import { errorsOf, openProgram, succeeded, type WrittenProgram } from "../lifecycle/program";
import { copies, openYaml } from "./program";

describe("the plugin as a provider", function () {
  this.timeout(300_000);
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

  async function opened(text: string): Promise<WrittenProgram> {
    const program = await openYaml(text, config());
    programs.push(program);
    return program;
  }

  const open = async (text: string) => (await opened(text)).stack;

  it("has an inventory of its own if it is explicit, beside the default one", async () => {
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

  it("refuses an invalid inventory with the name of the property", async () => {
    const stack = await open(`
resources:
  lab:
    type: pulumi:providers:taas
    properties: { hosts: { there: { adress: host2 } } }
`);
    const result = await stack.preview();
    expect(errorsOf(result)).to.match(/provider configuration .*hosts\.there: has no field "adress"/);
  });

  it("leaves to another provider of the stack what that one is creating on the same hosts", async () => {
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

  it("replaces a flow and a tunnel if their options say so, and the new ones inherit from the old ones", async () => {
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
    const program = await opened(text("old"));
    succeeded(await program.stack.up());
    await program.become(text("new"));
    expect(succeeded(await program.stack.up()).changes.replace).to.equal(2);
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(10);
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
    succeeded(await program.stack.destroy());
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
    const made = await Baseline.of(lab);
    await plugin.importState(await dynamic.stack.exportState());
    expect(succeeded(await plugin.up({ expectNoChanges: true })).changes.same).to.equal(3);
    succeeded(await plugin.refresh({ expectNoChanges: true }));
    await back.stack.importState(await plugin.exportState());
    succeeded(await back.stack.up({ expectNoChanges: true }));
    succeeded(await back.stack.refresh({ expectNoChanges: true }));
    expect(await made.differences()).to.deep.equal([]);
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
    expect(errorsOf(await stack.up())).to.match(/monitor port "tap-nobody" is not plugged into br-int/);
    expect(performance.now() - began).to.be.below(20_000);
  });
});
