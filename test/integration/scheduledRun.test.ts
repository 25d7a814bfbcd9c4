import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { findCli } from "../engine/cliStack";
import { fixtureProject } from "../engine/fixtureProject";
import { type Lab, startLab } from "../lab/lab";
import { skipForLackOf } from "../lacking";
import { blocks } from "./documentation/pages";

const PROGRAM = `
import { TapFlow, TapService } from "pulumi-taas";

const ids = new TapService("ids", { host: "host1", port: "tap-ids" });
new TapFlow("web", { service: ids, host: "host1", port: "tap-web" });
new TapService("rec", { host: "host2", port: "tap-rec" });
`;

describe("the scheduled run of docs/operations.md", function () {
  this.timeout(180_000);
  let lab: Lab;
  let backend: string;
  let project: string;
  const folders: string[] = [];

  before(async function () {
    if ((await findCli()) === undefined) skipForLackOf(this, "the Pulumi CLI");
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 1 },
        { name: "rec", host: 2 },
      ],
    });
    backend = mkdtempSync(join(tmpdir(), "taas-state-"));
    project = fixtureProject({ "Pulumi.yaml": "name: taps\nruntime: nodejs\n", "index.ts": PROGRAM });
    folders.push(backend, project);
    const config = { "taas:sshConfig": lab.sshConfig };
    writeFileSync(join(project, "Pulumi.prod.yaml"), JSON.stringify({ config }));
  });
  after(async () => {
    await lab?.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string, ...words: string[]) =>
    execa(command, words, {
      cwd: project,
      env: {
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
      reject: false,
      all: true,
    });

  it("repairs the other hosts if one cannot be reached, and fails", async () => {
    const script = blocks("docs/operations.md", "sh")[0]!.replace("cd /srv/taps", `cd ${project}`);
    const rules = async () =>
      (await lab.host(1).ovs("ovs-ofctl dump-flows br-tap")).match(/cookie=/g)?.length;
    const init = await run("pulumi", "stack", "init", "prod", "--no-select");
    expect(init.exitCode, init.all).to.equal(0);
    const first = await run(
      "pulumi",
      "up",
      "--stack",
      "prod",
      "--yes",
      "--skip-preview",
      "--non-interactive",
    );
    expect(first.exitCode, first.all).to.equal(0);
    const whole = await rules();

    await lab.host(2).stopSsh();
    await lab.host(1).ovs("ovs-ofctl del-flows br-tap");
    const scheduled = await run("sh", "-c", script);
    expect(scheduled.exitCode, scheduled.all).to.equal(1);
    expect(scheduled.all).to.match(/cannot reach/);
    expect(await rules(), scheduled.all).to.equal(whole);
  });
});
