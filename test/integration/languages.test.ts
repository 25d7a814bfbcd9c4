import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../engine/fixtureProject";
import { parseYaml } from "../engine/project";
import type { RunResult, StepResult } from "../engine/runResult";
import { type Lab, startLab } from "../lab/lab";
import { requireProgram } from "../lacking";
import { allPages, blocks, programs } from "./documentation/pages";
import { LANGUAGES } from "./lifecycle/languages";
import { openFiles, type Program, stepOf, succeeded } from "./lifecycle/program";
import { openYaml } from "./plugin/program";

const root = repositoryRoot();

/** Pages whose first programs are one in three languages. */
const TRANSLATED = [
  "docs/tap-service.md",
  "docs/tap-flow.md",
  "docs/mirror-tunnel.md",
  "docs/monitor-port.md",
  "docs/statistics.md",
];

/** What a preview says of a resource: its kind and what its check made of the arguments. What only one face has is left out. */
function planned({ type, new: state }: StepResult): [string, unknown] {
  const own = ["__provider", "incarnation"];
  const inputs = Object.entries(state?.inputs ?? {}).filter(
    ([name, value]) => !own.includes(name) && value !== null,
  );
  return [type.replace(/^.*:/, ""), Object.fromEntries(inputs)];
}

/** What a preview comes to: each resource by its name, and the outputs of the stack. */
function planOf({ steps }: RunResult): object {
  const stack = steps.find(({ type }) => type === "pulumi:pulumi:Stack");
  const resources = steps.filter((step) => step !== stack).map((step) => [step.name, planned(step)]);
  return { resources: Object.fromEntries(resources), outputs: stack!.new!.outputs };
}

describe("programs of the documentation in several languages", function () {
  this.timeout(300_000);
  let lab: Lab;
  const opened: Program[] = [];

  before(async () => {
    lab = await startLab({ hosts: 2, vms: [] });
  });
  after(async () => {
    for (const program of opened) program.remove();
    await lab?.stop();
  });

  async function preview(open: Promise<Program>): Promise<RunResult> {
    const program = await open;
    opened.push(program);
    return succeeded(await program.stack.preview());
  }

  for (const page of TRANSLATED) {
    it(`of ${page} are the same program in TypeScript and in YAML`, async () => {
      const config = { "taas:sshConfig": lab.sshConfig };
      const [ts, yaml] = [programs(page, "ts")[0]!, programs(page, "yaml")[0]!];
      const typescript = await preview(openFiles({ "index.ts": ts }, config));
      expect(planOf(await preview(openYaml(yaml, config)))).to.deep.equal(planOf(typescript));
    });

    it(`of ${page} are the same program in YAML and in Python`, function () {
      const script = join(root, "test/integration/documentation/readPython.py");
      const input = programs(page, "python")[0]!;
      requireProgram(this, "python3");
      const { status, stdout, stderr } = spawnSync("python3", [script], { input, encoding: "utf8" });
      expect(status, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal(parseYaml(programs(page, "yaml")[0]!));
    });
  }

  for (const page of allPages()) {
    for (const [index, yaml] of programs(page, "yaml").entries()) {
      if (index === 0 && TRANSLATED.includes(page)) continue;
      it(`of ${page}: number ${index + 1} in YAML can be previewed`, async () => {
        await preview(openYaml(yaml, { "taas:sshConfig": lab.sshConfig }));
      });
    }
  }

  it("may have the fields of hosts, ports and rules in snake_case, as the SDK for Python sends them", async () => {
    const program = `
resources:
  ids:
    type: taas:TapService
    properties: { host: { address: host2, tunnel_ip: 192.0.2.12 }, port: { vm_uuid: v, vnic: 1 } }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      port: tap-web
      filter: [{ action: accept, protocol: tcp, destination_port: 443 }]
variables:
  counted:
    fn::invoke:
      function: taas:getTapStatistics
      arguments: { hosts: [{ address: host1, tap_bridge: br-tap }] }
outputs: { counted: "\${counted.hosts}" }
`;
    // Pulumi's own YAML runtime checks names before it calls the plugin; its SDK for Python does not.
    const config = { "taas:sshConfig": lab.sshConfig };
    const previewed = await preview(openFiles(LANGUAGES.YAML(program), config, "test", "engine"));
    const { inputs } = stepOf(previewed, "ids").new!;
    expect(inputs.host).to.include({ address: "host2", tunnelIp: "192.0.2.12" });
    expect(inputs.port).to.deep.equal({ vmUuid: "v", vnic: 1 });
    const [rule] = stepOf(previewed, "web").new!.inputs.filter as object[];
    expect(rule).to.include({ action: "accept", protocol: "tcp", destinationPort: 443 });
  });

  for (const [language, file] of [
    ["go", "examples/go/main.go"],
    ["python", "examples/python/__main__.py"],
  ] as const) {
    it(`of docs/plugin.md are the same as ${file}`, () => {
      const source = readFileSync(join(root, file), "utf8").replaceAll(/^\t\t/gm, "");
      const found = blocks("docs/plugin.md", language);
      expect(found).to.have.lengthOf(1);
      expect(source).to.include(found[0]);
    });
  }
});
