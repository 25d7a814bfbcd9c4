import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { inEachLanguage, succeeded, WrittenProgram } from "./program";

/** `args`: whether arguments are spelled, name other hosts, or are outputs of other resources. */
function written(args: "spelled" | "elsewhere" | "outputs", ignoreChanges: readonly string[] = []): string {
  const [one, two] = args === "elsewhere" ? ["compute8", "compute9"] : ["compute1", "compute2"];
  const or = (output: string, spelled: string) => (args === "outputs" ? `"\${${output}}"` : spelled);
  const options = JSON.stringify({ ignoreChanges });
  return `
resources:
  way:
    type: taas:MirrorTunnel
    properties: { hosts: [${one}, ${two}], type: gre }
    options: ${options}
  ids:
    type: taas:TapService
    properties: { host: ${or("way.hosts[1]", two)}, port: tap-ids, description: monitor }
    options: ${options}
  db:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: ${or("ids.host", two)}
      port: tap-db
      description: ${or("ids.description", "monitor")}
    options: ${options}
  web:
    type: taas:TapFlow
    properties:
      { service: "\${ids.ref}", hosts: ${or("way.hosts", `[${one}, ${two}]`)}, port: tap-web, tunnel: "\${way.ref}" }
    options: ${options}
  other:
    type: taas:MirrorTunnel
    properties: { hosts: [${or("web.hosts[0]", one)}, ${or("ids.ref.host", two)}], udpPort: 15000 }
    options: ${options}
outputs:
  names: ["\${way.hosts[0].name}", "\${way.hosts[1].name}"]
`;
}

inEachLanguage("what resources put out", (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 2 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    const hosts = { compute1: { address: "host1" }, compute2: { address: "host2" } };
    const config = { "taas:sshConfig": lab.sshConfig, "taas:hosts": JSON.stringify(hosts) };
    program = await WrittenProgram.open(language, written("spelled"), config);
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  it("are valid arguments, equal to those that were written out", async () => {
    const made = succeeded(await program.stack.up());
    expect(made.changes.create).to.equal(6);
    expect(await program.stack.outputs()).to.deep.equal({ names: ["compute1", "compute2"] });
    await program.become(written("outputs"));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    succeeded(await program.stack.up({ expectNoChanges: true }));
    expect(await program.stack.outputs()).to.deep.equal({ names: ["compute1", "compute2"] });
  });

  for (const ignoreChanges of [["host", "hosts"], ["*"]]) {
    it(`are what the program says if changes of ${ignoreChanges.join(" and ")} are ignored`, async () => {
      await program.become(written("elsewhere", ignoreChanges));
      succeeded(await program.stack.up({ expectNoChanges: true }));
    });
  }

  it("create resources again", async () => {
    await program.become(written("outputs"));
    succeeded(await program.stack.destroy());
    expect(succeeded(await program.stack.up()).changes.create).to.equal(6);
    succeeded(await program.stack.destroy());
  });
});
