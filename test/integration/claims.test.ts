import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../driver/driver";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";

const MAIN = join(__dirname, "../../cli/main.js");

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
    const yes = args[0] === "remove" ? ["--yes"] : [];
    return execa("node", [MAIN, "claims", "--ssh-config", lab.sshConfig, ...args, ...yes, ...named], {
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

  it("does on the hosts that it can reach what it is told to, and says which it cannot", async () => {
    const before = await snapshots();
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
    expect(await changes(before)).to.deep.equal([]);
  });

  it("ends with 2 where no host can be reached", async () => {
    const listed = await on(["no-such-host.invalid"], "list");
    expect([listed.exitCode, listed.stdout]).to.deep.equal([2, ""]);
  });

  it("removes nothing in a dry run, and says what it would remove and where", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const before = await snapshots();
    const { exitCode, stdout } = await on(["host1"], "remove", "--dry-run", "--stack", "acme/lost/prod");
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^would remove host1 {2}flow {2}acme\/lost\/prod\/TapFlow\/web .* and on host2$/);
    expect(await changes(before)).to.deep.equal([]);
    await driver.destroy();
  });

  it("asks on a terminal before it removes, and without one requires --yes", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const words = ["remove", "--stack", "acme/lost/prod", "--host", "host2", "--ssh-config", lab.sshConfig];
    const command = ["node", MAIN, "claims", ...words];
    const none = await execa(command[0]!, command.slice(1), { reject: false, stdin: "ignore" });
    expect([none.exitCode, none.stdout]).to.deep.equal([2, ""]);
    expect(none.stderr).to.match(/there is no terminal: give --yes, or --dry-run/);
    const onTerminal = (answer: string) => {
      const asked = execa("script", ["-qec", command.join(" "), "/dev/null"], { reject: false });
      asked.stdout.on("data", (chunk) => {
        if (String(chunk).includes("[y/N]")) asked.stdin.write(answer);
      });
      return asked;
    };
    for (const answer of ["n\n", "\n", "yesterday\n", "\u0004"]) {
      const asked = await onTerminal(answer);
      expect(asked.exitCode, asked.stdout).to.equal(2);
      expect(asked.stdout).to.match(
        /host2 {2}service {2}\S+TapService\/ids [\s\S]*Remove this claim\? \[y\/N\] /,
      );
      expect(asked.stdout).to.include("nothing was removed");
    }
    expect((await claims("list")).stdout).to.include(service.outputs.owner);
    const agreed = await onTerminal("y\n");
    expect(agreed.exitCode, agreed.stdout).to.equal(0);
    expect(agreed.stdout).to.match(/removed host2 {2}service /);
    expect((await claims("list")).stdout).to.equal("no claims");
  });

  it("finds its hosts in an inventory, and reaches them as its options say", async () => {
    const [inventory, bare] = ["hosts.json", "bare"].map((name) => join(lab.directory, name));
    const keys = await Promise.all(["host1", "host2"].map((name) => lab.ssh.publicHostKey(name, "ed25519")));
    const login = { address: "127.0.0.1", user: "root", identityFile: lab.ssh.identity };
    const monitors = { ...login, port: lab.host(2).sshPort, hostKey: keys[1]! };
    await writeFile(inventory!, JSON.stringify({ monitors }));
    await writeFile(bare!, "Host *\n  IdentityAgent none\n  UserKnownHostsFile /dev/null\n");
    const listed = async (...options: string[]) => {
      const words = ["claims", "list", "--hosts", inventory!, "--ssh-config", bare!, ...options];
      const { exitCode, stdout, stderr } = await execa("node", [MAIN, ...words], { reject: false });
      return { exitCode, stdout, stderr };
    };
    const none = { exitCode: 0, stdout: "no claims", stderr: "" };
    expect(await listed()).to.deep.equal(none);
    const port = ["--port", String(lab.host(1).sshPort)];
    const other = await listed(...port);
    expect(other.exitCode).to.equal(2);
    expect(other.stderr).to.match(/^pulumi-taas: host monitors: .* is not the pinned one/);
    expect(await listed(...port, "--host-key", keys[0]!)).to.deep.equal(none);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`ends soon after ${signal}, whatever a host does`, async () => {
      const silent = createServer().listen(0, "127.0.0.1");
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      const words = [
        "claims",
        "list",
        "--ssh-config",
        lab.sshConfig,
        "--host",
        "127.0.0.1",
        "--port",
        `${port}`,
      ];
      const running = execa("node", [MAIN, ...words], { reject: false });
      await once(silent, "connection");
      const began = performance.now();
      running.kill(signal);
      expect((await running).exitCode).to.equal(code);
      expect(performance.now() - began).to.be.lessThan(8000);
      silent.close();
    });
  }

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
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(/^pulumi-taas: host host1: the login user of tapadmin@\S+ may not use/);
  });

  it("fails when a host cannot be looked at", async () => {
    const { exitCode, stderr } = await claims("list", "--host", "no-such-host.invalid");
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("no-such-host.invalid");
  });
});
