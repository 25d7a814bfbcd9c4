import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { requireProgram } from "../../lacking";
import { MAIN } from "../claimsCommand";
import { learn } from "../copies/traffic";
import { until } from "../leases";

/** Wireshark on the command line, which runs extcap programs. */
const TSHARK = "tshark";

describe("pulumi-taas extcap", function () {
  this.timeout(90_000);
  let lab: Lab;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-extcap-"));
    lab = await startLab({ hosts: 1, vms: ["web", "db"].map((name) => ({ name, host: 1 })) });
    await learn([lab.vm("web"), lab.vm("db")]);
  });
  after(async () => {
    await lab?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const taas = (...args: string[]) =>
    execa("node", [MAIN, ...args, "--ssh-config", lab.sshConfig], { reject: false });
  const shark = (...args: string[]) => execa(TSHARK, args, { reject: false, env: { HOME: folder } });

  it("is installed with its hosts, lists ports as interfaces of tshark, and captures on one", async function () {
    requireProgram(this, TSHARK);
    const before = await lab.host(1).snapshot();
    // Wireshark 4.0 has the first, 4.2 and later the second.
    for (const place of [".config/wireshark/extcap", ".local/lib/wireshark/extcap"]) {
      const installed = await taas("extcap", "--host", "host1", "--install", join(folder, place));
      expect(installed.exitCode, installed.stderr).to.equal(0);
    }
    expect((await shark("-D")).stdout).to.match(/taas-host1:tap-web \(host1 tap-web \(.*\)\)/);
    const partly = await taas("extcap", "--host", "host1", "--host", "no.invalid", "--extcap-interfaces");
    expect(partly).to.include({ exitCode: 0 });
    expect(partly.stdout).to.include("{value=taas-host1:tap-web}");
    expect(partly.stderr).to.match(/^host no\.invalid: /);
    const stream = await lab.startStream({ from: lab.vm("web"), to: lab.vm("db"), pps: 300 });
    const words = ["-i", "taas-host1:tap-web", "-f", "udp port 5001", "-c", "20"];
    const { stdout, stderr } = await shark(...words, "-T", "fields", "-e", "udp.dstport");
    await stream.stop();
    expect(stdout.trim().split("\n"), stderr).to.deep.equal(Array(20).fill("5001"));
    await until("cleaned up", async () => diffSnapshots(before, await lab.host(1).snapshot()).length === 0);
  });

  it("answers Wireshark's requests", async () => {
    const ask = async (...args: string[]) => (await taas("extcap", "--host", "host1", ...args)).stdout;
    const nic = ["--extcap-interface", "taas-host1:tap-web"];
    expect(await ask(...nic, "--extcap-dlts")).to.equal("dlt {number=1}{name=EN10MB}{display=Ethernet}");
    expect(await ask(...nic, "--extcap-config")).to.match(/^arg \{number=0\}\{call=--direction\}/);
    expect(await ask(...nic, "--extcap-capture-filter=tcp port 443")).to.equal("");
    expect(await ask(...nic, "--extcap-capture-filter=tcp prot 443")).to.match(/prot/);
    for (const name of ["eth0", "taas-host1:%ff"]) {
      const words = ["--capture", "--fifo", "/dev/null", "--extcap-interface", name];
      const { exitCode, stderr } = await taas("extcap", "--host", "host1", ...words);
      expect(exitCode).to.equal(2);
      expect(stderr).to.include(`there is no interface "${name}"`);
    }
  });
});
