import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { stepOf, succeeded, type WrittenProgram } from "../lifecycle/program";
import { copies, openYaml } from "./program";

const MAC = "fa:16:3e:00:00:77";

/** A service that is replaced, the old one first, whenever its description changes. */
const written = (
  description: string,
  options = "{ deleteBeforeReplace: true, replaceOnChanges: [description] }",
) => `
resources:
  ids:
    type: taas:TapService
    properties: { host: host2, port: tap-ids, description: ${description} }
    options: ${options}
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: tap-web }
  db:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: { mac: "${MAC}" } }
outputs:
  status: ["\${ids.status}", "\${web.status}", "\${db.status}"]
`;

describe("a replacement that the provider has not asked for", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1, mac: MAC, ifaceId: "db-port" },
      { name: "twin", host: 1, mac: MAC, ifaceId: "twin-port" },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    await lab.vm("twin").unplug();
    program = await openYaml(written("first"), { "taas:sshConfig": lab.sshConfig });
    succeeded(await program.stack.up());
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  /** Copies of the sources arrive at the monitor, and the state is what a refresh finds. */
  async function expectWhole(...sources: string[]): Promise<void> {
    for (const source of sources) expect(await copies(lab.vm(source), lab.vm("ids")), source).to.equal(10);
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
    expect((await program.stack.outputs()).status).to.deep.equal(Array(3).fill("active"));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
  }

  it("of a service that is deleted first replaces its flows with it", async () => {
    await program.become(written("second"));
    const replaced = succeeded(await program.stack.up());
    expect(replaced.changes.replace).to.equal(3);
    expect(replaced.diagnostics.filter(({ severity }) => severity === "warning")).to.deep.equal([]);
    await expectWhole("web", "db");
  });

  it("is none when the service is updated", async () => {
    await program.become(written("third", "{ deleteBeforeReplace: true }"));
    const { changes } = succeeded(await program.stack.preview());
    expect(changes).to.deep.equal({ same: 3, update: 1 });
    succeeded(await program.stack.up());
    await expectWhole("web", "db");
  });

  it("that the operator asks for takes over the claims, and the port that now has a MAC address", async () => {
    await lab.vm("db").unplug();
    await lab.vm("twin").plug();
    const drifted = stepOf(succeeded(await program.stack.refresh()), "db").new!.outputs.status;
    expect(drifted).to.match(/iface-id db-port is not plugged/);
    const { changes } = succeeded(await program.stack.up({ replace: ["TapFlow::db", "TapFlow::web"] }));
    expect(changes.replace).to.equal(2);
    await expectWhole("web", "twin");
  });

  it("of everything is asked for and leaves everything as it was", async () => {
    const { changes } = succeeded(
      await program.stack.up({ replace: ["TapFlow::db", "TapFlow::web", "::ids"] }),
    );
    expect(changes.replace).to.equal(3);
    await expectWhole("web", "twin");
    succeeded(await program.stack.destroy());
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
