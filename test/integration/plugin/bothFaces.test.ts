import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type Lab, startLab } from "../../lab/lab";
import { openFiles, type Program, succeeded } from "../lifecycle/program";

/** Flows into one service that two providers make at the same time: half of them by the plugin, as another language would. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { TapFlow, TapService } from "pulumi-taas";
class Flow extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs) {
    super("taas:index:TapFlow", name, args);
  }
}
const service = new TapService("ids", { host: "host2", port: "tap-ids" });
for (let index = 0; index < 12; index++) {
  const args = { host: "host1", port: "tap-web", filter: [{ action: "accept" as const, vlan: 100 + index }] };
  if (index % 2 === 0) new TapFlow("web" + index, { service, ...args });
  else new Flow("web" + index, { service: service.ref, ...args });
}
`;

describe("the dynamic provider and the plugin in one stack", function () {
  this.timeout(120_000);
  let lab: Lab;
  let program: Program;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    const head = `name: fixture\nruntime: nodejs\npackages: { taas: ${join(repositoryRoot(), "plugin")} }\n`;
    program = await openFiles(
      { "Pulumi.yaml": head, "index.ts": PROGRAM },
      { "taas:sshConfig": lab.sshConfig },
    );
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  it("leave to each other what the other is creating: they are one run", async () => {
    const runs = new Set<string>();
    const watch = async () => {
      const text = await lab
        .host(2)
        .ovs("ovs-vsctl get Bridge br-tap external_ids")
        .catch(() => "");
      for (const [, run] of text.matchAll(/pending\\+":\\+"(\w+)/g)) runs.add(run!);
    };
    const timer = setInterval(() => void watch(), 20);
    try {
      succeeded(await program.stack.up({ parallelism: 16 }));
    } finally {
      clearInterval(timer);
    }
    expect(runs.size).to.equal(1);
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
    succeeded(await program.stack.destroy());
  });
});
