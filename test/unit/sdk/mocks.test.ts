import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import ts from "typescript";
import { KINDS } from "../../../provider/face/computed";
import { publicDeclarations } from "../../../scripts/reference/publicDeclarations";
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

/**
 * As the engine previews dynamic resources: they are checked without knowing what is secret, the outputs are the checked
 * inputs, and secret are those whose arguments were.
 */
const PREVIEW = `
{
  newResource: async ({ type, inputs: given }) => {
    const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
    const every = (values, change) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
    const handlers = require("pulumi-taas/handlers")[type.split(":").at(-1)];
    const { inputs, failures } = await handlers.check({}, every(given, unwrapRpcSecret));
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const mark = (value, name) => (isRpcSecret(given[name]) ? pulumi.secret(value) : value);
    return { state: every(inputs, mark) };
  },
  call: ({ inputs }) => inputs,
},
"project", "stack", true`;

/** The outputs that a class declares. */
function declaredOutputs(name: string): string[] {
  const { members } = publicDeclarations(root).get(name)!.node as ts.ClassDeclaration;
  const declared = members.filter(
    (member) =>
      ts.isPropertyDeclaration(member) &&
      member.modifiers!.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword),
  );
  return declared.map((member) => member.name!.getText());
}

describe("a program that runs with the mocks of Pulumi", function () {
  this.timeout(60_000);

  it("has owner keys with the organization of backends that have none", async () => {
    const owner = await run(
      USUAL,
      `new TapService("ids", { host: "h", port: "p" }).owner.apply((owner) => console.log(JSON.stringify(owner)));`,
    );
    expect(owner).to.equal("organization/project/stack/TapService/ids");
  });

  it("previews what only an operation finds out as unknown, whether an argument is secret or not", async () => {
    /** `given`: the function that gives arguments. */
    const text = (given: string) => `
const tenant = ${given}("acme");
const service = new TapService("ids", { host: "h", port: "p", tenant });
const made = [
  service,
  new TapFlow("web", { service, host: "h", port: "q", tenant }),
  new MonitorPort("vm", { host: "h", type: "attach", tenant }),
  new MirrorTunnel("way", { hosts: ["h", "i"], udpPort: ${given}(5000) }),
];
const names = ["portName", "portNames", "status", "rules", "ref", "libvirt"];
const stateOf = async (one) => {
  const outputs = names.filter((name) => pulumi.Output.isInstance(one[name]));
  const each = outputs.map(async (name) => [name, await one[name].isKnown, await one[name].isSecret]);
  return Object.fromEntries((await Promise.all(each)).map(([name, ...state]) => [name, state]));
};
Promise.all(made.map(stateOf)).then((all) => console.log(JSON.stringify(all)));`;
    for (const [given, isSecret] of [
      ["pulumi.secret", true],
      ["pulumi.output", false],
    ] as const) {
      const [known, unknown] = [true, false].map((isKnown) => [isKnown, isSecret]);
      const common = { rules: known, status: unknown };
      expect(await run(PREVIEW, text(given)), given).to.deep.equal([
        { ...common, portName: unknown, ref: known },
        { ...common, portName: unknown, portNames: unknown },
        { ...common, portName: unknown, libvirt: known },
        { ...common, portNames: unknown, ref: known },
      ]);
    }
  });

  it("has every output that a class declares, whatever arguments it gives", async () => {
    const declared = Object.fromEntries(KINDS.map((kind) => [kind, declaredOutputs(kind)]));
    for (const names of Object.values(declared)) expect(names.length).to.be.above(9);
    const missing = await run(
      USUAL,
      `
const service = new TapService("a", {});
const made = {
  TapService: service,
  TapFlow: new TapFlow("b", { service }),
  MirrorTunnel: new MirrorTunnel("c", { hosts: ["h", "i"] }),
  MonitorPort: new MonitorPort("d", { host: "h" }),
};
const isMissing = (kind) => (name) => !pulumi.Output.isInstance(made[kind][name]);
const names = Object.entries(${JSON.stringify(declared)});
console.log(JSON.stringify(names.flatMap(([kind, all]) => all.filter(isMissing(kind)))));`,
    );
    expect(missing).to.deep.equal([]);
  });
});
