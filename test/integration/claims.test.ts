import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../driver/driver";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";

const MAIN = join(__dirname, "../../provider/cli/main.js");

describe("pulumi-taas claims", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 2, vlan: 20 },
      ],
    });
  });

  after(() => lab.stop());

  const claims = (...args: string[]) => {
    const hosts = ["--host", "host1", "--host", "host2", "--ssh-config", lab.sshConfig];
    return execa("node", [MAIN, "claims", ...args, ...hosts], { reject: false });
  };

  it("says that there are none", async () => {
    const { stdout, exitCode } = await claims("list");
    expect([stdout, exitCode]).to.deep.equal(["no claims", 0]);
  });

  it("lists who taps whom, and removes the claims of a stack that is gone without a trace", async () => {
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const lost = new Driver(lab, "acme/lost/prod");
    const service = await lost.service("ids", { host: "host2", port: "tap-ids" });
    await lost.flow("web", service, { host: "host1", port: "tap-web" });
    const kept = new Driver(lab, "acme/kept/prod");
    await kept.tunnel("way", { hosts: ["host1", "host2"] });

    const { stdout } = await claims("list");
    expect(stdout).to.match(
      /^host1 {2}flow {2}acme\/lost\/prod\/TapFlow\/web {2}port "tap-web" into acme\/lost/m,
    );
    expect(stdout).to.match(/^host2 {2}flow {2}acme\/lost\/prod\/TapFlow\/web {2}from host1 into/m);
    expect(stdout).to.match(/^host2 {2}service .*port "tap-ids" {2}by \S+@\S+ at \d{4}-/m);
    expect(stdout).to.match(/^host1 {2}tunnel {2}acme\/kept\/prod\/MirrorTunnel\/way {2}pair to host2/m);

    const removal = await claims("remove", "--stack", "acme/lost/prod");
    expect(removal.exitCode, removal.stderr).to.equal(0);
    const left = JSON.parse((await claims("list", "--json")).stdout) as { claim: { owner: string } }[];
    expect(new Set(left.map(({ claim }) => claim.owner))).to.deep.equal(
      new Set(["acme/kept/prod/MirrorTunnel/way"]),
    );
    await kept.destroy();
    const after = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    expect(before.flatMap((snapshot, index) => diffSnapshots(snapshot, after[index]!))).to.deep.equal([]);
  });

  it("refuses a command line that makes no sense, and says how it is used", async () => {
    const { exitCode, stderr } = await claims("remove");
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(/--owner or --stack[\s\S]*Usage:/);
  });

  it("fails when a host cannot be looked at", async () => {
    const { exitCode, stderr } = await claims("list", "--host", "no-such-host.invalid");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("no-such-host.invalid");
  });
});
