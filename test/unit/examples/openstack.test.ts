import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { fixtureProject, repositoryRoot } from "../../engine/fixtureProject";

const CONFIG = {
  "taas-openstack:networkId": "network",
  "taas-openstack:imageName": "debian-12",
  "taas-openstack:flavorName": "m1.small",
  "taas-openstack:computeHosts": '["compute1", "compute2"]',
};

/** The inventory has one of the hosts; ssh_config would have the other. */
const INVENTORY = JSON.stringify({ compute1: "192.0.2.11" });

/**
 * Runs the program with Pulumi's mocks, and prints what it registers. OpenStack's resources get an id, as the cloud would give them.
 * A resource of this package is what its own `check` makes of it, which is all that a preview asks of it.
 */
const HARNESS = `
require("ts-node").register({ transpileOnly: true, compilerOptions: { module: "nodenext", moduleResolution: "nodenext" } });
const pulumi = require("@pulumi/pulumi");
const settings = require("@pulumi/pulumi/runtime/settings");
const handlers = require("pulumi-taas/handlers");

const config = ${JSON.stringify(CONFIG)};
pulumi.runtime.setAllConfig(config);
const resources = {};
pulumi.runtime.setMocks(
  {
    newResource: async ({ type, name, inputs }) => {
      const kind = type.split(":").at(-1);
      const key = kind.split("/").at(-1) + " " + name;
      const one = (resources[key] ??= {});
      const handler = type.startsWith("pulumi-nodejs:dynamic/taas:") ? handlers[kind] : undefined;
      if (handler === undefined) return { id: "id of " + key, state: (one.inputs = inputs) };
      await handler.configure({ config: { get: (name) => (name === "taas:hosts" ? '${INVENTORY}' : undefined) } });
      const checked = await handler.check({}, inputs);
      one.failures = checked.failures;
      return { id: "id of " + key, state: (one.inputs = checked.inputs) };
    },
    call: () => ({}),
  },
  "taas-openstack", "stack", false, "organization",
);
const monitor = settings.getMonitor();
const register = monitor.registerResource.bind(monitor);
monitor.registerResource = (request, ...others) => {
  const nameOf = (type, name) => type.split(/[:/]/).at(-1) + " " + name;
  (resources[nameOf(request.getType(), request.getName())] ??= {}).dependsOn = request
    .getDependenciesList()
    .map((urn) => nameOf(...urn.split("::").slice(-2)));
  resources[nameOf(request.getType(), request.getName())].replaceWith = request
    .getReplaceWithList()
    .map((urn) => nameOf(...urn.split("::").slice(-2)));
  return register(request, ...others);
};
const program = require(process.argv[2]);
pulumi.output(program).apply((outputs) => outputs);
process.on("exit", () => console.log(JSON.stringify(resources)));
`;

interface Registered {
  inputs: Record<string, unknown> & { hosts?: { name: string; address: string }[]; rules?: string[] };
  /** Other resources, by type and name. */
  dependsOn: string[];
  replaceWith: string[];
  failures?: unknown[];
}

describe("the example for OpenStack", function () {
  this.timeout(60_000);
  let directory: string;
  let resources: Readonly<Record<string, Registered>>;

  before(async () => {
    directory = fixtureProject({ "harness.js": HARNESS });
    const program = join(repositoryRoot(), "examples/openstack/index.ts");
    const { stdout } = await promisify(execFile)(process.execPath, ["harness.js", program], {
      cwd: directory,
    });
    resources = JSON.parse(stdout);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("creates ports, VMs and taps", () => {
    expect(Object.keys(resources).sort()).to.deep.equal([
      "Instance db",
      "Instance ids",
      "Instance web",
      "Port db",
      "Port ids-management",
      "Port ids-sniffing",
      "TapFlow db",
      "TapFlow web",
      "TapService ids",
    ]);
  });

  it("names ports by the ids that OpenStack gives", () => {
    const ports = ["TapService ids", "TapFlow web", "TapFlow db"].map((key) => resources[key]!.inputs.port);
    expect(ports).to.deep.equal([
      { ifaceId: "id of Port ids-sniffing" },
      { vmUuid: "id of Instance web" },
      { ifaceId: "id of Port db" },
    ]);
    expect(resources["Instance ids"]!.inputs.networks).to.deep.equal([
      { port: "id of Port ids-management" },
      { port: "id of Port ids-sniffing" },
    ]);
  });

  it("creates each tap after its VM, and so destroys it before", () => {
    expect(resources["TapService ids"]!.dependsOn).to.include("Instance ids");
    expect(resources["TapFlow web"]!.dependsOn).to.include("Instance web");
    expect(resources["TapFlow db"]!.dependsOn).to.include("Instance db");
  });

  it("replaces each tap with its VM: by its new id, or because it says so", () => {
    expect(resources["TapService ids"]!.replaceWith).to.deep.equal(["Instance ids"]);
    expect(resources["TapFlow db"]!.replaceWith).to.deep.equal(["Instance db"]);
    expect(resources["TapFlow web"]!.replaceWith).to.deep.equal([]);
  });

  it("has arguments that are accepted, with every compute host as a candidate", () => {
    for (const key of ["TapService ids", "TapFlow web", "TapFlow db"]) {
      const { failures, inputs } = resources[key]!;
      expect(failures, key).to.deep.equal([]);
      expect(inputs.hosts!.map(({ name, address }) => [name, address])).to.deep.equal([
        ["compute1", "192.0.2.11"],
        ["compute2", "compute2"],
      ]);
    }
    expect(resources["TapFlow web"]!.inputs.rules!.join("\n")).to.include("vm:id of Instance web");
  });
});
