import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readStackSettings } from "../../provider/stackSettings";

const PROJECT = "name: taps\nruntime: nodejs\n";

describe("the settings of a stack, as its project's files have them", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-project-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  };
  const read = (stack?: string) => readStackSettings(directory, stack);

  it("are those of the configuration's namespace taas, whatever their type", () => {
    write({
      "Pulumi.yaml": PROJECT,
      "Pulumi.prod.yaml":
        'config:\n  taas:hosts:\n    compute1: { address: 192.0.2.1, port: 2222 }\n    compute2: 192.0.2.2\n  taas:connectTimeout: 3\n  taas:operationTimeout: "7"\n  taps:other: x\n',
    });
    const { inventory, connection } = read("acme/taps/prod");
    expect(inventory).to.deep.equal({
      compute1: { address: "192.0.2.1", port: 2222 },
      compute2: "192.0.2.2",
    });
    expect(connection).to.include({ connectTimeout: 3, operationTimeout: 7, hostConcurrency: 10 });
  });

  it("are the project's where the stack has none of its own", () => {
    write({
      "Pulumi.yaml": `${PROJECT}config:\n  taas:hosts: { value: { a: 192.0.2.1 } }\n  taas:connectTimeout: 4\n`,
      "Pulumi.dev.yaml": "config: { taas:connectTimeout: 5 }\n",
    });
    expect(read("dev")).to.deep.include({ inventory: { a: "192.0.2.1" } });
    expect(read("dev").connection.connectTimeout).to.equal(5);
    expect(read("prod").connection.connectTimeout).to.equal(4);
  });

  it("have paths relative to where the program runs", () => {
    mkdirSync(join(directory, "code"));
    mkdirSync(join(directory, "stacks"));
    write({
      "Pulumi.yaml": `${PROJECT}main: code\nstackConfigDir: stacks\n`,
      "stacks/Pulumi.prod.yaml":
        "config:\n  taas:sshConfig: ssh_config\n  taas:hosts:\n    a: { address: 192.0.2.1, identityFile: keys/a }\n    b: { address: 192.0.2.2, identityFile: ~/b }\n",
    });
    const { inventory, connection } = read("prod");
    expect(connection.sshConfig).to.equal(join(directory, "code/ssh_config"));
    expect(inventory.a).to.have.property("identityFile", join(directory, "code/keys/a"));
    expect(inventory.b).to.have.property("identityFile", "~/b");
  });

  for (const [why, files, stack, refusal] of [
    ["no project", {}, "prod", /^there is no Pulumi\.yaml in \//],
    [
      "no stack named",
      { "Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": "", "Pulumi.dev.yaml": "" },
      undefined,
      /^which stack of \S+Pulumi\.yaml\? There are dev, prod\. --stack/,
    ],
    ["an unknown stack", { "Pulumi.yaml": PROJECT }, "prod", /^stack prod has no configuration: .*is none/],
    [
      "a secret",
      { "Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": "config: { taas:hosts: { secure: AAABBB } }" },
      "prod",
      /^stack prod: taas:hosts has a value that Pulumi has encrypted\. Use --hosts with .* > hosts\.json$/,
    ],
    [
      "a secret in it",
      {
        "Pulumi.yaml": PROJECT,
        "Pulumi.prod.yaml": "config: { taas:hosts: { a: { address: b, hostKey: { secure: AAABBB } } } }",
      },
      "prod",
      /has encrypted/,
    ],
    [
      "no YAML",
      { "Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": "config: { key: hush" },
      "prod",
      /^\S+Pulumi\.prod\.yaml cannot be read \(\w+\)\. Is it YAML\?$/,
    ],
    [
      "a bad value",
      { "Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": "config: { taas:connectTimeout: soon }" },
      "prod",
      /^stack prod in \S+: taas:connectTimeout must be a number above 0.* pulumi config set .* --stack prod$/,
    ],
  ] as const) {
    it(`are refused: ${why}`, () => {
      write(files);
      expect(() => read(stack))
        .to.throw()
        .that.includes({ code: "invalid-config" })
        .and.has.property("message")
        .that.matches(refusal)
        .and.does.not.match(/AAABBB|hush/);
    });
  }
});
