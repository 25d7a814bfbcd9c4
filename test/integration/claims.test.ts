import { readFile, writeFile } from "node:fs/promises";
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

  const on = (hosts: readonly string[], ...args: string[]) => {
    const named = hosts.flatMap((host) => ["--host", host]);
    return execa("node", [MAIN, "claims", "--ssh-config", lab.sshConfig, ...args, ...named], {
      reject: false,
    });
  };
  const claims = (...args: string[]) => on(["host1", "host2"], ...args);
  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const changes = async (before: Awaited<ReturnType<typeof snapshots>>) =>
    (await snapshots()).flatMap((after, index) => diffSnapshots(before[index]!, after));

  it("says that there are none", async () => {
    const { stdout, exitCode } = await claims("list");
    expect([stdout, exitCode]).to.deep.equal(["no claims", 0]);
  });

  it("ends by itself where it is run on the host", async () => {
    const stack = new Driver(lab);
    const service = await stack.service("ids", { host: "host2", port: "tap-ids" });
    const { stdout, exitCode } = await lab
      .host(2)
      .run(["timeout", "20", process.execPath, MAIN, "claims", "list", "--host", "local"]);
    expect([stdout, exitCode]).to.deep.equal([
      (await on(["host2"], "list")).stdout.replace("host2", "local").concat("\n"),
      0,
    ]);
    expect(stdout).to.include(service.outputs.owner);
    await stack.destroy();
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

  it("says how it is used where that is asked for", async () => {
    const { exitCode, stdout, stderr } = await execa("node", [MAIN, "--help"]);
    expect([exitCode, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/^Usage: pulumi-taas claims list[\s\S]*--stack <stack>[\s\S]*Exit code:/);
  });

  for (const [why, ...args] of [
    ["no such command", "claims", "drop", "--host", "host1"],
    ["no host", "claims", "list"],
    ["an unknown option", "claims", "list", "--host", "host1", "--force"],
    ["a choice that list does not have", "claims", "list", "--host", "host1", "--owner", "x"],
    ["a transport that there is not", "claims", "list", "--host", "host1", "--transport", "telnet"],
    ["sudo at a time that there is not", "claims", "list", "--host", "host1", "--sudo", "sometimes"],
    ["a word too many", "claims", "list", "all", "--host", "host1"],
    ["\u001b[31mcolours", "claims", "\u001b[31mlist", "--host", "host1"],
  ] as const) {
    it(`ends with 2 and the usage: ${JSON.stringify(why)}`, async () => {
      const { exitCode, stdout, stderr } = await execa("node", [MAIN, ...args], { reject: false });
      expect([exitCode, stdout]).to.deep.equal([2, ""]);
      expect(stderr)
        .to.match(/^pulumi-taas: \S[\s\S]*Usage: /)
        .and.not.to.include("\u001b");
    });
  }

  it("lists what it can reach, says what it cannot, and then removes nothing", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    await driver.service("ids", { host: "host2", port: "tap-ids" });
    const before = await snapshots();
    const gone = "no-such-host.invalid";
    const listed = await on([gone, "host2"], "list");
    expect(listed.exitCode).to.equal(1);
    expect(listed.stdout).to.match(/^host2 {2}service {2}acme\/lost\/prod\/TapService\/ids {2}\S.*\n?$/);
    expect(listed.stderr).to.match(/^pulumi-taas: host no-such-host\.invalid: cannot reach/);
    const removal = await on([gone, "host2"], "remove", "--stack", "acme/lost/prod");
    expect([removal.exitCode, removal.stdout]).to.deep.equal([1, ""]);
    expect(await changes(before)).to.deep.equal([]);
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

  it("removes claims at their other ends too, and says which could not be reached", async () => {
    const before = await snapshots();
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
    expect(await changes(before)).to.deep.equal([]);
  });

  it("reaches hosts that only OpenSSH's own client can", async () => {
    const stack = new Driver(lab, "acme/lost/prod");
    const service = await stack.service("ids", { host: "host2", port: "tap-ids" });
    const proxied = join(lab.directory, "proxied");
    const port = lab.host(2).sshPort;
    const way = `HostName site.invalid\nHostKeyAlias [127.0.0.1]:${port}\nProxyCommand socat - TCP:127.0.0.1:${port}`;
    await writeFile(proxied, `Host host2\n${way}\n${await readFile(lab.sshConfig, "utf8")}`);
    const through = (...args: string[]) => on(["host2"], ...args, "--ssh-config", proxied);
    expect((await through("list")).stderr).to.match(/^pulumi-taas: host host2: .*ProxyCommand/);
    const listed = await through("list", "--transport", "openssh");
    expect([listed.exitCode, listed.stdout]).to.deep.equal([0, (await on(["host2"], "list")).stdout]);
    const owner = service.outputs.owner!;
    const removal = await through("remove", "--owner", owner, "--transport", "openssh");
    expect([removal.exitCode, removal.stderr]).to.deep.equal([0, ""]);
    expect((await claims("list")).stdout).to.equal("no claims");
  });

  it("uses sudo when it is told to", async () => {
    const asUser = (sudo: string) => on(["host1"], "list", "--user", "tapadmin", "--sudo", sudo);
    for (const sudo of ["auto", "always"]) {
      const { exitCode, stdout, stderr } = await asUser(sudo);
      expect([exitCode, stdout, stderr], sudo).to.deep.equal([0, "no claims", ""]);
    }
    const { exitCode, stderr } = await asUser("never");
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^pulumi-taas: host host1: the login user of tapadmin@\S+ may not use/);
  });

  it("fails when a host cannot be looked at", async () => {
    const { exitCode, stderr } = await claims("list", "--host", "no-such-host.invalid");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("no-such-host.invalid");
  });
});
