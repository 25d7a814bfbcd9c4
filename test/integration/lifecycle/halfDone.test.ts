import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { errorsOf, inEachLanguage, stepOf, succeeded, WrittenProgram } from "./program";
import { storedClaims } from "./storedClaims";
import { withoutRules } from "./withoutRules";

/** `more`: whether a second flow comes after the first. */
const written = (more: boolean) => `
resources:
  ids: { type: taas:TapService, properties: { host: host2, port: tap-ids } }
  db: { type: taas:TapFlow, properties: { service: "\${ids.ref}", host: host1, port: tap-db } }
${more ? WEB : ""}`;

const WEB = `
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: tap-web }
    options: { dependsOn: ["\${db}"] }
`;

inEachLanguage("a program that was stopped half-way", (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    program = await WrittenProgram.open(language, written(false), { "taas:sshConfig": lab.sshConfig });
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  it("says what could not be undone, keeps it in the state, and the next up completes it", async () => {
    succeeded(await program.stack.up());
    await program.become(written(true));
    const failed = await withoutRules(lab.host(1), () => program.stack.up());
    expect(failed.succeeded).to.equal(false);
    expect(errorsOf(failed))
      .to.match(/host host1: writing the flows on bridge br-tap failed/)
      .and.match(/could not be undone: host host1/);
    const { resources = [] } = (await program.stack.exportState()).deployment;
    const web = resources.find(({ urn }) => urn.endsWith("::web"))!;
    expect(web.outputs).to.deep.include({ status: "drifted: incomplete" });
    expect(web.outputs!.__provider).to.be.a("string");
    expect(web.initErrors, "one a host, besides the cause").to.have.length(2);

    expect(stepOf(succeeded(await program.stack.up()), "web").op).to.equal("update");
    const repaired = (await program.stack.exportState()).deployment.resources ?? [];
    expect(repaired.flatMap(({ initErrors = [] }) => initErrors)).to.deep.equal([]);
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

  it("leaves a delete that failed in the state, and the next one completes it", async () => {
    await program.become(written(false));
    const failed = await withoutRules(lab.host(1), () => program.stack.up());
    expect(failed.succeeded).to.equal(false);
    const { resources = [] } = (await program.stack.exportState()).deployment;
    expect(resources.some(({ urn }) => urn.endsWith("::web"))).to.equal(true);
    succeeded(await program.stack.up());
    expect(Object.keys(await storedClaims(lab.host(1)))).to.have.length(1);
    succeeded(await program.stack.destroy());
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
