import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { openProgram, type Program, stepOf, succeeded } from "./program";
import { beyondClaims, storedClaims } from "./storedClaims";

const COMPONENTS = `
class Watch extends pulumi.ComponentResource {
  readonly service: TapService;
  constructor(type: string, name: string, port: string, options?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, options);
    this.service = new TapService("ids", { host: "host2", port }, { parent: this });
    new TapFlow("web", { service: this.service, host: "host1", port: "tap-web" }, { parent: this });
    this.registerOutputs({ service: this.service });
  }
}
const renamed = config.get("renamed") === "yes";
const alias = (name: string) => (renamed ? { aliases: [{ name }] } : {});
const protect = config.get("protect") === "yes";
const east = new Watch("lab:watch:East", "watch", "tap-ids", { protect });
const west = new Watch("lab:watch:West", renamed ? "guard" : "watch", "tap-ids2", alias("watch"));
new TapFlow(renamed ? "front" : "db",
  { service: east.service, host: "host1", port: "tap-db" },
  { dependsOn: west, protect, ...alias("db") });
export const refs = [east.service.ref, west.service.ref];
`;

const TENANT = `
const red = new TapFlow("red", { service: config.requireObject("ref"), host: "host1", port: "tap-web" });
export const rules = red.rules;
export const status = red.status;
`;

describe("programs with components, aliases, options and references", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;
  let tenant: Program;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    program = await openProgram(COMPONENTS, { "taas:sshConfig": lab.sshConfig });
    tenant = await openProgram(TENANT, {}, "red");
  });

  after(async () => {
    program?.remove();
    tenant?.remove();
    await lab?.stop();
  });

  const set = (more: Record<string, string>) => {
    const config = Object.entries(more).map(([key, value]) => [`fixture:${key}`, value]);
    return program.stack.configure({ "taas:sshConfig": lab.sshConfig, ...Object.fromEntries(config) });
  };
  const owners = async (host: number) =>
    Object.keys(await storedClaims(lab.host(host)))
      .map((owner) => owner.replace("organization/fixture/test/", ""))
      .sort();
  const errorsOf = (diagnostics: readonly { severity: string; message: string }[]) =>
    diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message)
      .join("\n");

  it("keep resources of one name apart when their parents are of different types", async () => {
    const plan = succeeded(await program.stack.preview());
    const services = plan.steps.filter(({ name }) => name === "ids").map((step) => step.new!.inputs);
    expect(services.map(({ tunnelId }) => tunnelId)).to.satisfy(([a, b]: number[]) => a !== b && a! > 0);
    succeeded(await program.stack.up());
    const inside = ["lab:watch:East", "lab:watch:West"].map(encodeURIComponent);
    expect(await owners(1)).to.deep.equal(
      ["TapFlow/db", ...inside.map((type) => `${type}$TapFlow/web`)].sort(),
    );
    expect(await owners(2)).to.include.members(inside.map((type) => `${type}$TapService/ids`));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
  });

  it("rename what has an alias, a component and its children among it, without touching the data path", async () => {
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const refs = (await program.stack.outputs()).refs as { tunnelId: number }[];
    await set({ renamed: "yes" });
    const plan = succeeded(await program.stack.preview());
    expect(plan.changes).not.to.have.any.keys("create", "delete", "replace");
    succeeded(await program.stack.up());
    expect(await beyondClaims(lab.hosts, before)).to.deep.equal([]);
    expect(await owners(1))
      .to.include("TapFlow/front")
      .and.not.include("TapFlow/db");
    const after = (await program.stack.outputs()).refs as { tunnelId: number }[];
    expect(after.map(({ tunnelId }) => tunnelId)).to.deep.equal(refs.map(({ tunnelId }) => tunnelId));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
  });

  it("let another stack in by a reference that is plain JSON, and outlive none of its users", async () => {
    const [ref] = (await program.stack.outputs()).refs as [Record<string, unknown>];
    await tenant.stack.configure({ "taas:sshConfig": lab.sshConfig, "fixture:ref": JSON.stringify(ref) });
    const plan = succeeded(await tenant.stack.preview());
    expect((stepOf(plan, "red").new!.inputs.rules as string[]).at(-1)).to.contain(
      Number(ref.tunnelId).toString(16),
    );
    succeeded(await tenant.stack.up());
    expect((await tenant.stack.outputs()).status).to.equal("active");

    const refused = await program.stack.destroy();
    expect(refused.succeeded).to.equal(false);
    expect(errorsOf(refused.diagnostics)).to.match(
      /is still used by organization\/fixture\/red\/TapFlow\/red/,
    );
    succeeded(await tenant.stack.destroy());
  });

  it("are protected if they say so, and are deleted in the order of their dependencies", async () => {
    await set({ renamed: "yes", protect: "yes" });
    succeeded(await program.stack.up());
    const refused = await program.stack.destroy();
    expect(refused.succeeded).to.equal(false);
    expect(errorsOf(refused.diagnostics)).to.match(/protect/);
    const inside = encodeURIComponent("lab:watch:East");
    const kept = ["TapFlow/front", `${inside}$TapFlow/web`];
    // What is not protected may be gone or not: the CLI ends at the first error, with whatever was under way.
    expect(await owners(1)).to.include.members(kept);
    expect(await owners(2)).to.include.members([...kept, `${inside}$TapService/ids`]);
    await set({ renamed: "yes" });
    succeeded(await program.stack.up());
    const end = succeeded(await program.stack.destroy());
    const order = end.steps.map(({ name }) => name);
    expect(order.indexOf("front")).to.be.lessThan(order.lastIndexOf("ids"));
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
