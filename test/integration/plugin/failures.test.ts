import { expect } from "chai";
import type { RunResult } from "../../engine/runResult";
import { type Lab, startLab } from "../../lab/lab";
import { yamlHead } from "../lifecycle/languages";
import { openFiles, openProgram, type Program, succeeded } from "../lifecycle/program";
import { openYaml } from "./program";

/** Secrets of programs: one that is refused by a check, and one by the host. */
const REFUSED = "203.0.113.777";
const PORT = "tap-nightjar";
const HOST = "host1";

/** All that a run shows. */
function shown({ text, diagnostics }: RunResult): string {
  return text + JSON.stringify(diagnostics);
}

describe("an operation that fails with a secret in it", function () {
  this.timeout(120_000);
  let lab: Lab;
  const programs: Program[] = [];

  before(async () => {
    lab = await startLab({ hosts: 1, vms: [{ name: "ids", host: 1 }] });
  });

  after(async () => {
    for (const program of programs) program.remove();
    await lab?.stop();
  });

  const config = () => ({ "taas:sshConfig": lab.sshConfig });

  async function opened(opening: Promise<Program>): Promise<Program["stack"]> {
    const program = await opening;
    programs.push(program);
    return program.stack;
  }

  const yaml = `
resources:
  ids:
    type: taas:TapService
    properties: { host: { "fn::secret": ${HOST} }, port: { "fn::secret": PORT }, attachTimeout: 0 }
  web:
    type: taas:TapFlow
    properties:
      service: "\${ids.ref}"
      host: ${HOST}
      port: tap-web
      filter: [{ action: accept, source: { "fn::secret": SOURCE } }]
`;
  const typescript = `
const ids = new TapService("ids", { host: pulumi.secret("${HOST}"), port: pulumi.secret("PORT"), attachTimeout: 0 });
new TapFlow("web", { service: ids, host: "${HOST}", port: "tap-web",
  filter: [{ action: "accept", source: pulumi.secret("SOURCE") }] });
`;
  const faces: Record<string, (port: string, source: string) => Promise<Program>> = {
    "by the plugin": (port, source) =>
      openYaml(yaml.replace("PORT", port).replace("SOURCE", source), config()),
    "by the dynamic provider": (port, source) =>
      openProgram(typescript.replace("PORT", port).replace("SOURCE", source), config()),
  };

  for (const [face, open] of Object.entries(faces)) {
    it(`names the property and not the value in a check, ${face}`, async () => {
      const stack = await opened(open("tap-ids", REFUSED));
      const result = await stack.preview();
      expect(result.succeeded).to.equal(false);
      expect(shown(result)).to.include("has a problem: filter: the value is not valid");
      expect(shown(result)).not.to.include(REFUSED);
    });

    it(`names neither the port nor the host in an operation, ${face}`, async () => {
      const stack = await opened(open(PORT, "203.0.113.77"));
      const result = await stack.up();
      expect(result.succeeded).to.equal(false);
      expect(shown(result)).to.match(/host \[secret\]: monitor port \\*"\[secret\]\\*" is not plugged/);
      expect(shown(result)).not.to.include(PORT);
      expect(shown(result)).not.to.match(new RegExp(`host ${HOST}`));
    });
  }

  it("is refused in a provider's configuration with only the name of the property", async () => {
    const stack = await opened(
      openYaml(
        `
resources:
  lab:
    type: pulumi:providers:taas
    properties: { hosts: { "fn::secret": { there: { address: nightjar, port: 77777 } } } }
`,
        config(),
      ),
    );
    const result = await stack.preview();
    expect(shown(result)).to.match(/has a problem: provider configuration hosts\.there\.port: must be/);
    expect(shown(result)).not.to.match(/nightjar|77777/);
  });
});

describe("a project that has the package's name", function () {
  this.timeout(60_000);

  it("has keys of its own beside the default provider's arguments, and explicit providers have none", async () => {
    const text = `
config: { region: { type: string } }
resources:
  out:
    type: taas:TapService
    properties: { collector: { address: 192.0.2.77, type: gre }, description: "\${region}" }
`;
    const head = yamlHead("taas");
    const config = { "taas:region": "north", "taas:connectTimeout": "7" };
    const program = await openFiles({ "Pulumi.yaml": head + text }, config);
    const explicit = `
  lab:
    type: pulumi:providers:taas
    properties: { region: north }
`;
    const wrong = await openFiles({ "Pulumi.yaml": head + text + explicit }, config);
    try {
      succeeded(await program.stack.up());
      const { resources = [] } = (await program.stack.exportState()).deployment;
      const provider = resources.find(({ type }) => type === "pulumi:providers:taas");
      expect(provider!.inputs).to.include({ connectTimeout: "7" }).and.not.to.have.property("region");
      succeeded(await program.stack.up({ expectNoChanges: true }));
      const refused = await wrong.stack.preview();
      // The CLI compares with the schema before it asks.
      expect(shown(refused)).to.match(/unknown argument region|Property region does not exist/);
    } finally {
      program.remove();
      wrong.remove();
    }
  });
});
