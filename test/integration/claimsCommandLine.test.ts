import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../driver/driver";
import { type Lab, startLab } from "../lab/lab";
import { sampleOf } from "../sample";
import { MAIN, onFullDisk, runClaims } from "./claimsCommand";

describe("pulumi-taas claims", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 2, vlan: 20 },
      ],
    });
  });

  after(() => lab.stop());

  const on = (hosts: readonly string[], ...args: string[]) => runClaims(lab, hosts, ...args);
  const claims = (...args: string[]) => on(["host1", "host2"], ...args);

  it("ends by itself when it is run on the host", async () => {
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

  it("refuses an invalid command line, and shows its usage", async () => {
    const { exitCode, stderr } = await claims("remove");
    expect(exitCode).to.equal(2);
    expect(stderr).to.match(/--owner <owner>, or --stack[\s\S]*Usage:/);
  });

  it("shows its usage on request", async () => {
    const { exitCode, stdout, stderr } = await execa("node", [MAIN, "claims", "remove", "--help", "--json"]);
    expect([exitCode, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(
      /^Usage: pulumi-taas claims remove[\s\S]*--owner <owner>[\s\S]*Examples:[\s\S]*Exit code:/,
    );
    expect((await execa("node", [MAIN, "--version"])).stdout).to.match(/^\d+\.\d+\.\d+$/);
  });

  const wrong = [
    ["no such command", "claims", "drop", "--host", "host1"],
    ["no host", "claims", "list"],
    ["an unknown option", "claims", "list", "--host", "host1", "--force"],
    ["a choice that list does not have", "claims", "list", "--host", "host1", "--owner", "x"],
    ["a transport that there is not", "claims", "list", "--host", "host1", "--transport", "telnet"],
    ["sudo at a time that there is not", "claims", "list", "--host", "host1", "--sudo", "sometimes"],
    ["a word too many", "claims", "list", "all", "--host", "host1"],
    ["\u001b[31mcolours", "claims", "\u001b[31mlist", "--host", "host1"],
  ] as const;
  for (const [why, ...args] of sampleOf(wrong, 3)) {
    it(`ends with 2 and the usage: ${JSON.stringify(why)}`, async () => {
      const { exitCode, stdout, stderr } = await execa("node", [MAIN, ...args], { reject: false });
      expect([exitCode, stdout]).to.deep.equal([2, ""]);
      expect(stderr)
        .to.match(/^pulumi-taas: \S[\s\S]*Usage: /)
        .and.not.to.include("\u001b");
      const json = await execa("node", [MAIN, ...args, "--json"], { reject: false });
      expect([json.exitCode, json.stderr]).to.deep.equal([2, stderr]);
      expect(JSON.parse(json.stdout).errors[0].message).to.equal(/^pulumi-taas: (.*)/.exec(stderr)![1]);
    });
  }

  it("ends with 2 if no host can be reached", async () => {
    const listed = await on(["no-such-host.invalid"], "list");
    expect([listed.exitCode, listed.stdout]).to.deep.equal([2, ""]);
    const json = await on(["no-such-host.invalid"], "list", "--json");
    const { claims: none, errors } = JSON.parse(json.stdout);
    expect([json.exitCode, none]).to.deep.equal([2, []]);
    expect(errors[0]).to.include({ code: "unreachable", host: "no-such-host.invalid" });
  });

  it("takes hosts and settings from the configuration of a stack", async () => {
    await writeFile(join(lab.directory, "Pulumi.yaml"), "name: taps\nruntime: yaml\n");
    await writeFile(
      join(lab.directory, "Pulumi.prod.yaml"),
      `config:\n  taas:sshConfig: ${lab.sshConfig}\n  taas:hosts: { host1: host1, host2: host2 }\n`,
    );
    const words = ["claims", "list", "--project", lab.directory, "--stack", "prod", "--json"];
    const { stdout } = await execa("node", [MAIN, ...words]);
    expect(JSON.parse(stdout)).to.deep.equal({ claims: [], errors: [] });
  });

  it("asks for confirmation on a terminal, and without one requires --yes", async () => {
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

  it("removes all claims although nobody reads its output", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    const command = claims("remove", "--stack", "acme/lost/prod");
    command.stdout.destroy();
    command.stderr.destroy();
    expect((await command).exitCode).to.equal(0);
    expect((await claims("list")).stdout).to.equal("no claims");
  });

  it("removes all claims although its output cannot be written, and says so", async () => {
    const driver = new Driver(lab, "acme/lost/prod");
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    const choice = ["--stack", "acme/lost/prod", "--yes", "--host", "host1", "--host", "host2"];
    const removed = await onFullDisk("claims", "remove", ...choice, "--ssh-config", lab.sshConfig);
    expect(removed.exitCode).to.equal(1);
    expect(removed.stderr).to.match(/^pulumi-taas: the output is incomplete: ENOSPC[^\n]*$/);
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
    const port = ["--ssh-port", String(lab.host(1).sshPort)];
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
        "--ssh-port",
        `${port}`,
        "--json",
      ];
      const running = execa("node", [MAIN, ...words], { reject: false });
      await once(silent, "connection");
      const began = performance.now();
      running.kill(signal);
      const { exitCode, stdout } = await running;
      expect([exitCode, JSON.parse(stdout).errors.length]).to.deep.equal([code, 1]);
      expect(performance.now() - began).to.be.lessThan(8000);
      silent.close();
    });
  }

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
});
