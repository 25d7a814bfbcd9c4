import { expect } from "chai";
import { Driver } from "../driver/driver";
import { type Lab, startLab } from "../lab/lab";
import { runClaims } from "./claimsCommand";
import { Baseline } from "./faults/hosts";

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

  const on = (hosts: readonly string[], ...args: string[]) => runClaims(lab, hosts, ...args);
  const claims = (...args: string[]) => on(["host1", "host2"], ...args);

  it("reports that there are none", async () => {
    const { stdout, exitCode } = await claims("list");
    expect([stdout, exitCode]).to.deep.equal(["no claims", 0]);
  });

  it("lists who taps whom, and removes the claims of a deleted stack without a trace", async () => {
    const before = await Baseline.of(lab);
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
    const left = JSON.parse((await claims("list", "--json")).stdout) as {
      claims: { claim: { owner: string } }[];
    };
    expect(new Set(left.claims.map(({ claim }) => claim.owner))).to.deep.equal(
      new Set(["acme/kept/prod/MirrorTunnel/way"]),
    );
    await kept.destroy();
    expect(await before.differences()).to.deep.equal([]);
  });

  it("works on the hosts that it can reach, and reports those that it cannot", async () => {
    const before = await Baseline.of(lab);
    const driver = new Driver(lab, "acme/lost/prod");
    await driver.service("ids", { host: "host2", port: "tap-ids" });
    const others = ["no-such-host.invalid", "nor-this.invalid"];
    const complaints =
      /^pulumi-taas: host no-such-host\.invalid: cannot reach.*\npulumi-taas: host nor-this\.invalid: cannot reach/;
    const listed = await on([...others, "host2"], "list");
    expect(listed.exitCode).to.equal(1);
    expect(listed.stdout).to.match(/^host2 {2}service {2}acme\/lost\/prod\/TapService\/ids {2}\S.*\n?$/);
    expect(listed.stderr).to.match(complaints);
    const removal = await on([...others, "host2"], "remove", "--stack", "acme/lost/prod");
    expect(removal.exitCode).to.equal(1);
    expect(removal.stdout).to.match(/^removed host2 {2}service {2}acme\/lost\/prod\/TapService\/ids /);
    expect(removal.stderr).to.match(complaints);
    expect(await before.differences()).to.deep.equal([]);
  });

  it("removes nothing in a dry run, and reports what it would remove and where", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const before = await Baseline.of(lab);
    const { exitCode, stdout } = await on(["host1"], "remove", "--dry-run", "--stack", "acme/lost/prod");
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^would remove host1 {2}flow {2}acme\/lost\/prod\/TapFlow\/web .* and on host2$/);
    expect(await before.differences()).to.deep.equal([]);
    await driver.destroy();
  });

  it("marks claims whose other end is missing or that a killed run left", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const key = "taas:acme/lost/prod/TapFlow/web";
    const stored = (await lab.host(2).ovs(`ovs-vsctl get Bridge br-tap 'external_ids:"${key}"'`)).trim();
    await lab.host(2).ovs(`ovs-vsctl remove Bridge br-tap external_ids '"${key}"'`);
    expect((await claims("list")).stdout).to.match(/^host1 {2}flow {2}\S+ \(one-sided: none on host2\) /m);
    expect((await on(["host1"], "list")).stdout, "what was not looked at").not.to.include("one-sided");
    const pending = stored.replace(/^"\{/, '"{\\"pending\\":\\"0123456789abcdef\\",');
    await lab
      .host(2)
      .ovs('ovs-vsctl set Bridge br-tap "$(cat)"', { input: `external_ids:"${key}"=${pending}` });
    expect((await claims("list")).stdout).to.match(/^host2 {2}flow {2}\S+ \(pending\) {2}from host1 into/m);
    await claims("remove", "--stack", "acme/lost/prod");
    expect((await claims("list")).stdout).to.equal("no claims");
  });

  it("removes claims at their other ends too, and reports which could not be reached", async () => {
    const before = await Baseline.of(lab);
    const port = lab.host(1).sshPort;
    const driver = new Driver(lab, "acme/lost/prod");
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const web = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const way = await driver.tunnel("way", { hosts: ["host1", "host2"] });
    const flow = await on(["host2"], "remove", "--owner", web.outputs.owner!);
    expect([flow.exitCode, flow.stderr]).to.deep.equal([0, ""]);
    expect((await on(["host1"], "list")).stdout).to.match(/^host1 {2}tunnel {2}\S+ {2}pair to host2 .*$/);
    await lab.host(1).stopSsh();
    const half = await on(["host2"], "remove", "--owner", way.outputs.owner!);
    expect(half.exitCode).to.equal(1);
    expect(half.stderr).to.match(/the other end of \S+MirrorTunnel\/way stays: host host1: cannot reach/);
    await lab.host(1).startSsh(port);
    expect((await claims("list")).stdout).to.match(/^host1 {2}tunnel {2}\S+ \(one-sided: none on host2\)/m);
    const rest = await on(["host1"], "remove", "--owner", way.outputs.owner!);
    expect([rest.exitCode, rest.stderr]).to.deep.equal([0, ""]);
    await on(["host2"], "remove", "--stack", "acme/lost/prod");
    expect(await before.differences()).to.deep.equal([]);
  });

  it("fails when a host cannot be read", async () => {
    const { exitCode, stderr } = await claims("list", "--host", "no-such-host.invalid");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("no-such-host.invalid");
  });
});
