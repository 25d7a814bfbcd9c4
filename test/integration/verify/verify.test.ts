import { expect } from "chai";
import { execa } from "execa";
import type { Capture } from "../../lab/capture";
import { diffSnapshots } from "../../lab/snapshot";
import { isWhole, sampleOf } from "../../sample";
import { MAIN } from "../claimsCommand";
import { signalDaemon } from "../faults/harm";
import { leasesOf, until } from "../leases";
import { descendantsOf, isAlive } from "../processes";
import { BREAKS } from "./breaks";
import { Estate, faults, type Tap, verdicts } from "./estate";

/** The EtherType of probes. */
const isProbe = (frame: Buffer): boolean => frame.subarray(12).includes(Buffer.from("88b5", "hex"));

describe("verify", () => {
  let estate: Estate;
  /** For shell lines: what the tap `farm` goes through on host1. */
  let names: string;

  before(async () => {
    estate = await Estate.start();
    const owner = estate.made.get("TapFlow farm")!.made.outputs.owner;
    const group = await estate.lab.host(1).ovs(
      `port=$(ovs-vsctl get Port tap-web _uuid)
for m in $(ovs-vsctl --bare --columns=name find Mirror external_ids:taas=1); do
  case $(ovs-vsctl get Mirror $m select_src_port) in *$port*) echo \${m#taas-};; esac
done`,
    );
    const tunnel = await estate.lab
      .host(1)
      .ovs(
        "ovs-vsctl --bare --columns=name find Interface type=vxlan options:dst_port=14789 options:remote_ip=192.0.2.12",
      );
    names = `farm='${owner}' group=${group.trim()} tunnel=${tunnel.trim()}\n`;
  });

  after(() => estate.stop());

  it("proves each stage of sound taps, and no VM and no other host gets a probe", async () => {
    const { lab } = estate;
    const captures: Capture[] = await Promise.all([
      ...lab.vms.map((vm) => vm.capture()),
      lab.host(2).captureDevice("sensor"),
    ]);
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const { taps, unseen, seconds } = await estate.verify();
    const after = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const frames = (await Promise.all(captures.map((capture) => capture.stop()))).flat();
    const proved = Array(5).fill("proved");
    expect(Object.fromEntries([...taps].map(([name, tap]) => [name, verdicts(tap)]))).to.deep.equal({
      ...{ farm: proved, near: proved, inline: proved, shared: proved, mesh: proved, off: [] },
      outside: ["proved", "proved", "proved", "outside", "outside"],
    });
    expect(taps.get("off")!.verdict).to.equal("disabled");
    expect(unseen).to.deep.equal([]);
    expect(seconds).to.be.below(10);
    expect(frames.length).to.be.above(100);
    expect(frames.filter(isProbe)).to.deep.equal([]);
    expect(after).to.deep.equal(before);
  });

  for (const { title, host, script, undo, wrong } of sampleOf(BREAKS, 4)) {
    it(`names the stage, the host and what is wrong, and nothing else, when ${title}`, async () => {
      const place = estate.lab.host(host);
      await place.ovs(names + script);
      const { taps, seconds } = await estate.verify();
      const found = faults(taps);
      try {
        expect(Object.fromEntries(found)).to.have.all.keys(Object.keys(wrong));
        for (const [where, words] of Object.entries(wrong)) expect(found.get(where), where).to.match(words);
        expect(seconds).to.be.below(10);
      } finally {
        if (undo !== undefined) await place.ovs(undo);
        await estate.repair();
      }
    });
  }

  const stopped = [
    [1, "source host1"],
    [2, "delivery host2"],
  ] as const;
  for (const [host, where] of sampleOf(stopped, 1)) {
    it(`says that ovs-vswitchd is stopped on host${host}`, async () => {
      const place = estate.lab.host(host);
      await signalDaemon(place, "ovs-vswitchd", "STOP");
      try {
        const { taps, seconds } = await estate.verify();
        const concerned: Tap[] = host === 1 ? [...taps.keys()] : ["farm", "inline", "shared", "mesh"];
        const found = faults(taps);
        const expected = concerned.filter((name) => name !== "off").map((name) => `${name} ${where}`);
        expect([...found.keys()]).to.have.members(expected);
        for (const words of found.values())
          expect(words).to.match(/^Open vSwitch does not answer, so nothing/);
        expect(seconds).to.be.below(10);
      } finally {
        await signalDaemon(place, "ovs-vswitchd", "CONT");
      }
    });
  }

  it("is a command that says what is wrong, and ends with 0 or 1", async () => {
    const { lab } = estate;
    const verify = (...words: string[]) => {
      const common = ["--ssh-config", lab.sshConfig, "--window", "0.3", ...words];
      return execa("node", [MAIN, "verify", ...common], { reject: false });
    };
    const both = ["--host", "host1", "--host", "host2"];
    const frames = await lab.vm("ids1").capture();
    const sound = await verify(...both, "--deliver");
    expect(sound.stderr).to.equal("");
    expect(sound.exitCode).to.equal(0);
    const lines = sound.stdout.split("\n");
    expect(lines.at(-1)).to.equal("7 taps: 5 proved, 1 proved up to the collector, 1 disabled");
    expect(lines.find((line) => line.includes("TapFlow/farm"))).to.match(
      /^proved: .* \(host1 tap-web -> host2, /,
    );
    await frames.settle();
    expect((await frames.stop()).filter(isProbe).length).to.equal(1);

    await lab.host(1).ovs(`${names}ovs-vsctl clear Mirror taas-$group select_src_port select_dst_port`);
    try {
      const broken = await verify(...both, "--json");
      const { taps, errors } = JSON.parse(broken.stdout);
      expect([broken.exitCode, taps.length, errors]).to.deep.equal([1, 7, []]);
    } finally {
      await estate.repair();
    }
  });

  it("proves the same by the machine's own ssh", async () => {
    const hosts = ["host1", "host2"].map((address) => ({ address, transport: "openssh" as const }));
    const { taps, unseen } = await estate.verify(0.3, hosts);
    expect(unseen).to.deep.equal([]);
    expect(Object.fromEntries([...taps].map(([name, { verdict }]) => [name, verdict]))).to.deep.equal({
      ...{ farm: "proved", near: "proved", inline: "proved", shared: "proved", mesh: "proved" },
      ...{ outside: "outside", off: "disabled" },
    });
  });

  for (const transport of isWhole ? ["ssh2", "openssh"] : []) {
    it(`leaves nothing where it is killed while its probes are under way, over ${transport}`, async () => {
      const { lab } = estate;
      const [first, second] = [lab.host(1), lab.host(2)];
      // Probes that are lost are waited for.
      const cut = "priority=40000,udp,tp_dst=14789";
      await first.ovs(`ovs-ofctl add-flow br-phy ${cut},actions=drop`);
      try {
        const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
        const words = ["verify", "--host", "host1", "--host", "host2", "--ssh-config", lab.sshConfig];
        const command = execa("node", [MAIN, ...words, "--transport", transport], { reject: false });
        await until("probes are under way", async () => (await leasesOf(second)) > 0);
        const started = descendantsOf(command.pid!);
        command.kill("SIGKILL");
        await command;
        await until("its rules and processes have ended", async () => {
          return (await leasesOf(second)) === 0 && started.every((pid) => !isAlive(pid));
        });
        const after = await Promise.all(lab.hosts.map((host) => host.snapshot()));
        expect(before.flatMap((one, index) => diffSnapshots(one, after[index]!))).to.deep.equal([]);
      } finally {
        await first.ovs(`ovs-ofctl --strict del-flows br-phy ${cut}`);
      }
    });
  }

  it("looks at the other end of a tap, too, where only one host is named", async () => {
    const { taps } = await estate.verify(0.3, ["host2"]);
    expect([...taps.keys()].sort()).to.deep.equal(["farm", "inline", "mesh", "shared"]);
    expect(faults(taps).size).to.equal(0);
  });

  it("reports what could not be read if a host is unreachable", async () => {
    const host = estate.lab.host(2);
    const port = host.sshPort;
    await host.stopSsh();
    try {
      const { taps, unseen } = await estate.verify();
      expect(unseen.map((one) => one.host)).to.deep.equal(["host2"]);
      expect(unseen[0]!.reason).to.match(/cannot reach/);
      expect(verdicts(taps.get("farm")!)).to.deep.equal(["proved", "proved", "proved", "unknown", "unknown"]);
      expect(taps.get("near")!.verdict).to.equal("proved");
    } finally {
      await host.startSsh(port);
    }
  });
});
