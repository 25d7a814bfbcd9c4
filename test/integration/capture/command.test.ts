import { constants } from "node:fs";
import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import type { Stream } from "../../lab/stream";
import type { Vm } from "../../lab/vm";
import { requireProgram } from "../../lacking";
import { isWhole, sampleOf } from "../../sample";
import { MAIN } from "../claimsCommand";
import { learn } from "../copies/traffic";
import { leasesOf, until } from "../leases";
import { descendantsOf, isAlive } from "../processes";
import { framesOfPcapng } from "./pcapngFile";
import { silencer } from "./silencer";

/** Wireshark on the command line, which reads files and runs extcap programs. */
const TSHARK = "tshark";
/** Seconds within which copying has ended once nothing is heard of a capture any more. */
const END = 10;

describe("pulumi-taas capture", function () {
  this.timeout(90_000);
  let lab: Lab;
  let driver: Driver;
  let folder: string;
  let web: Vm;
  let db: Vm;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-capture-"));
    lab = await startLab({
      hosts: [{}, { sshd: ["AllowStreamLocalForwarding no"] }, {}],
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "off", host: 2 },
        { name: "far", host: 3 },
      ],
    });
    [web, db] = [lab.vm("web"), lab.vm("db")];
    driver = new Driver(lab);
    await learn([web, db]);
  });
  after(async () => {
    await lab?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const taas = (...args: string[]) =>
    execa("node", [MAIN, ...args, "--ssh-config", lab.sshConfig], { reject: false });
  const file = (name: string) => join(folder, `${name}.pcapng`);
  const start = (name: string, host: string, port: string, ...args: string[]) =>
    taas("capture", "--host", host, "--port", port, "--write", file(name), "--duration", "0", ...args);

  const size = (name: string) =>
    stat(file(name)).then(
      (found) => found.size,
      () => 0,
    );
  /** Resolves when a capture has frames; rejects when its command ends before. */
  const begun = (name: string, command: ReturnType<typeof start>) =>
    Promise.race([
      until(`${name} has begun`, async () => (await size(name)) > 1000),
      command.then(({ stderr }) => Promise.reject(new Error(`${name} ended: ${stderr}`))),
    ]);

  it("writes a file that tshark reads, and has cleaned up when Ctrl-C has ended it", async function () {
    requireProgram(this, TSHARK);
    const before = await lab.host(1).snapshot();
    const command = start("web", "host1", "tap-web", "udp port 5001", "--json");
    const stream = await lab.startStream({ from: web, to: db, pps: 100 });
    await begun("web", command);
    command.kill("SIGINT");
    const { exitCode, stdout, stderr } = await command;
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
    expect([exitCode, stderr]).to.deep.equal([130, ""]);
    expect((await stream.stop()).lost).to.deep.equal([]);
    const { capture } = JSON.parse(stdout) as { capture: Record<string, unknown> };
    const frames = framesOfPcapng(await readFile(file("web")));
    expect(capture).to.deep.include({
      host: "host1",
      port: "tap-web",
      frames: frames.length,
      dropped: 0,
      missed: 0,
    });
    expect((await stat(file("web"))).mode & 0o777).to.equal(0o600);
    const fields = ["frame.interface_name", "frame.packet_flags_direction", "udp.dstport"];
    const read = await execa(TSHARK, [
      ...["-r", file("web"), "-T", "fields"],
      ...fields.flatMap((field) => ["-e", field]),
    ]);
    const lines = read.stdout.split("\n");
    expect(lines).to.have.length(frames.length);
    expect(new Set(lines)).to.deep.equal(new Set(["tap-web\t0x00000002\t5001"]));
  });

  describe("that ends without the host's knowledge", () => {
    let stream: Stream;
    const commands: ReturnType<typeof start>[] = [];
    after(() => {
      for (const command of commands) command.kill("SIGKILL");
    });

    for (const transport of sampleOf(["ssh2", "openssh"], 1))
      it(`has copied its last frame ${END} s later over ${transport}, and is cleaned up by the next operation of anybody`, async () => {
        const hosts = [lab.host(1), lab.host(3)];
        const before = await Promise.all(hosts.map((host) => host.snapshot()));
        const { sshPort } = hosts[1]!;
        const proxy = await silencer(lab.host(1).sshPort);
        const key = (await readFile(`${lab.ssh.hostKey("host1", "ed25519")}.pub`, "utf8")).trim();
        stream = await lab.startStream({ from: web, to: db, pps: 200 });
        const by = ["--transport", transport];
        const [killed, stopped, cut, orphan] = [
          start("killed", "host1", "tap-web", ...by),
          start("stopped", "host1", "tap-db", ...by),
          start("cut", "host1", "tap-web", ...by, "--ssh-port", String(proxy.port), "--host-key", key),
          start("orphan", "host3", "tap-far", ...by),
        ];
        commands.push(killed, stopped, cut, orphan);
        await Promise.all([begun("killed", killed), begun("stopped", stopped), begun("cut", cut)]);
        const copying = async () => (await Promise.all(hosts.map(leasesOf))).join(" ") === "12 4";
        await until("all copy", copying);
        const started = descendantsOf(killed.pid!);
        killed.kill("SIGKILL");
        stopped.kill("SIGSTOP");
        proxy.silence();
        await hosts[1]!.stopSsh();
        await sleep(END * 1000);
        expect(await Promise.all(hosts.map(leasesOf))).to.deep.equal([0, 0]);
        expect(started.filter(isAlive), "what the killed command had started").to.deep.equal([]);
        expect((await stream.stop()).lost, "production").to.deep.equal([]);

        await hosts[1]!.startSsh(sshPort);
        for (const [host, port] of [
          ["host1", "tap-db"],
          ["host3", "tap-far"],
        ]) {
          await driver.service(host!, { host, port });
          await driver.destroy();
        }
        const now = await Promise.all(hosts.map((host) => host.snapshot()));
        expect(hosts.flatMap((_, index) => diffSnapshots(before[index]!, now[index]!))).to.deep.equal([]);

        stopped.kill("SIGCONT");
        proxy.close();
        expect((await stopped).stderr).to.match(/was ended from elsewhere|br-tap has ended|was lost/);
        expect((await cut).stderr).to.match(/frames to and from bridge br-tap has ended|was lost/);
        for (const command of [stopped, cut, orphan]) expect((await command).exitCode).to.equal(2);
        const after = await lab.host(1).snapshot();
        expect(diffSnapshots(before[0]!, after)).to.deep.equal([]);
      });

    if (isWhole) {
      it("goes on after a minute in which it was stopped, and says what it missed", async function () {
        this.timeout(180_000);
        const host = lab.host(1);
        const before = await host.snapshot();
        const talk = await lab.startStream({ from: web, to: db, pps: 200 });
        const command = start("minute", "host1", "tap-web");
        commands.push(command);
        await begun("minute", command);
        command.kill("SIGSTOP");
        await sleep(END * 1000);
        expect(await leasesOf(host)).to.equal(0);
        await sleep(50_000);
        const written = await size("minute");
        command.kill("SIGCONT");
        await until("it captures again", async () => (await size("minute")) > written + 10_000);
        command.kill("SIGINT");
        const { exitCode, stderr } = await command;
        expect((await talk.stop()).lost, "production").to.deep.equal([]);
        expect(exitCode).to.equal(130);
        expect(stderr).to.match(/host host1: nothing was captured for some of the last 6\d s/);
        expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
      });
    }
  });

  it("is refused if the management socket cannot be used, and leaves the host as it was", async () => {
    for (const [host, port, ...args] of [
      ["host1", "tap-web", "--sudo", "always"],
      ["host2", "tap-off"],
    ] as const) {
      const lookAt = lab.hosts.find(({ name }) => name === host)!;
      const before = await lookAt.snapshot();
      const { exitCode, stdout } = await start("refused", host, port, "--json", ...args);
      expect(diffSnapshots(before, await lookAt.snapshot())).to.deep.equal([]);
      const { errors } = JSON.parse(stdout) as { errors: { code: string; hint: string }[] };
      expect([exitCode, errors[0]!.code]).to.deep.equal([2, "packets-refused"]);
      expect(errors[0]!.hint).to.match(/Log in as root|AllowStreamLocalForwarding/);
    }
  });

  it("ends and cleans up when the reader of its standard output has seen enough", async function () {
    requireProgram(this, TSHARK);
    const before = await lab.host(1).snapshot();
    const stream = await lab.startStream({ from: web, to: db, pps: 300 });
    const words = [MAIN, "capture", "--ssh-config", lab.sshConfig, "--host", "host1", "--port", "tap-web"];
    const { exitCode } = await execa(
      "sh",
      ["-c", 'node "$@" --write - | tshark -r - -c 5 >/dev/null 2>&1', "sh", ...words],
      { reject: false },
    );
    expect(exitCode).to.equal(0);
    await until("cleaned up", async () => diffSnapshots(before, await lab.host(1).snapshot()).length === 0);
    await stream.stop();
  });

  it("writes all frames for a reader that pauses", async () => {
    const stream = await lab.startStream({ from: web, to: db, pps: 1000 });
    const words = [MAIN, "capture", "--ssh-config", lab.sshConfig, "--host", "host1", "--port", "tap-web"];
    const script = `node "$@" --rate 0 --count 1500 --write - | (sleep 2.5; cat >"${file("paused")}")`;
    await execa("sh", ["-c", script, "sh", ...words]);
    await stream.stop();
    expect(framesOfPcapng(await readFile(file("paused")))).to.have.length(1500);
  });

  it("reports a full disk", async () => {
    const stream = await lab.startStream({ from: web, to: db, pps: 100 });
    const words = ["--host", "host1", "--port", "tap-web", "--write", "/dev/full", "--json"];
    const { exitCode, stdout } = await taas("capture", ...words);
    await stream.stop();
    const { capture, errors } = JSON.parse(stdout) as { capture: object; errors: { message: string }[] };
    expect([exitCode, errors.length]).to.deep.equal([1, 1]);
    expect(errors[0]!.message).to.match(/^\/dev\/full is incomplete: ENOSPC/);
    expect(capture).to.include({ port: "tap-web", file: "/dev/full" });
  });

  it("leaves the host as it was when it is interrupted while the reader of a named pipe stalls", async () => {
    const before = await lab.host(1).snapshot();
    const pipe = file("stalled");
    await execa("mkfifo", [pipe]);
    const stream = await lab.startStream({ from: web, to: db, pps: 1000 });
    const command = start("stalled", "host1", "tap-web", "--rate", "0");
    const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await until("it copies", async () => (await leasesOf(lab.host(1))) > 0);
    // So many frames that the pipe is full.
    await sleep(1500);
    command.kill("SIGINT");
    const { exitCode, stderr } = await command;
    await Promise.all([reader.close(), stream.stop()]);
    expect([exitCode, stderr]).to.deep.equal([
      130,
      `pulumi-taas: ${pipe} is incomplete: its reader does not read`,
    ]);
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
  });
});
