import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { openProgram, type Program, succeeded } from "./program";
import { storedClaims } from "./storedClaims";

const PROGRAM = `
const ids = new TapService("ids", { host: "host2", port: "tap-ids" });
const db = new TapFlow("db", { service: ids, host: "host1", port: "tap-db" });
if (config.get("more") === "yes") new TapFlow("web", { service: ids, host: "host1", port: "tap-web" }, { dependsOn: db });
`;

describe("a program that was stopped half-way", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    program = await openProgram(PROGRAM, {});
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  const want = (more: "yes" | "no") =>
    program.stack.configure({ "taas:sshConfig": lab.sshConfig, "fixture:more": more });

  /** Does the work while neither the host's ovs-ofctl nor the bridge itself can be spoken to: rules can be neither written nor taken back. */
  async function withoutRules<T>(work: () => Promise<T>): Promise<T> {
    const tool = await lab.host(1).ovs("readlink -f $(command -v ovs-ofctl)");
    const socket = "/var/run/openvswitch/br-tap.mgmt";
    await lab.host(1).ovs(`mount --bind /bin/false ${tool.trim()} && mount --bind /dev/null ${socket}`);
    try {
      return await work();
    } finally {
      await lab.host(1).ovs(`umount ${tool.trim()}; umount ${socket}`);
    }
  }

  it("says what could not be taken back, keeps it in the state, and the next up finishes", async () => {
    await want("no");
    succeeded(await program.stack.up());
    await want("yes");
    const failed = await withoutRules(() => program.stack.up());
    expect(failed.succeeded).to.equal(false);
    const errors = failed.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message);
    expect(errors.join("\n")).to.match(/host host1: writing the flows on bridge br-tap failed/);
    expect(errors.join("\n")).to.match(/could not be taken back: host host1/);
    const { resources = [] } = (await program.stack.exportState()).deployment;
    const web = resources.find(({ urn }) => urn.endsWith("::web"))!;
    expect(web.outputs).to.deep.include({ status: "drifted: half made" });
    expect(web.outputs!.__provider).to.be.a("string");

    succeeded(await program.stack.up());
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    for (const host of lab.hosts) {
      const claims = Object.values(await storedClaims(host));
      expect(
        claims.some((claim) => "pending" in claim),
        host.name,
      ).to.equal(false);
    }
    const mirrors = await lab.host(1).ovs("ovs-vsctl --bare --columns=select_src_port list Mirror");
    expect(mirrors.trim().split(" ")).to.have.length(2);
  });

  it("leaves a delete that failed in the state, and the next one finishes it", async () => {
    await want("no");
    const failed = await withoutRules(() => program.stack.up());
    expect(failed.succeeded).to.equal(false);
    const { resources = [] } = (await program.stack.exportState()).deployment;
    expect(resources.some(({ urn }) => urn.endsWith("::web"))).to.equal(true);
    succeeded(await program.stack.up());
    expect(Object.keys(await storedClaims(lab.host(1)))).to.have.length(1);
    succeeded(await program.stack.destroy());
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
