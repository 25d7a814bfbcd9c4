import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { repositoryRoot } from "../engine/fixtureProject";
import type { RunResult } from "../engine/runResult";
import { openStack, type Stack } from "../engine/stack";
import type { Collector } from "../lab/collector";
import { BROADCAST, ethernet, TCP_FLAGS, tcp, udp } from "../lab/frames";
import { type Lab, startLab } from "../lab/lab";
import { between, type Vm } from "../lab/vm";
import { isWhole, sampleOf } from "../sample";
import { installExample } from "./examples/install";
import { Baseline } from "./faults/hosts";

const examples = join(repositoryRoot(), "examples");
/** Examples of the usual sample. */
const SAMPLE = 5;

/** How many of 20 broadcasts of a VM reach each of some others. */
async function broadcast(from: Vm, to: readonly Vm[]): Promise<number[]> {
  const payload = Buffer.from("an example's frame");
  const frames = Array.from({ length: 20 }, (_, index) =>
    ethernet(
      { source: from.mac, destination: BROADCAST },
      0x88b5,
      Buffer.concat([payload, Buffer.of(index)]),
    ),
  );
  const captures = await Promise.all(to.map((vm) => vm.capture()));
  await from.send(frames);
  await Promise.all(captures.map((capture) => capture.settle({ quietMs: 300 })));
  const arrived = await Promise.all(captures.map((capture) => capture.stop()));
  return arrived.map((seen) => seen.filter((frame) => frames.some((sent) => sent.equals(frame))).length);
}

function succeed(result: RunResult): RunResult {
  expect(result.succeeded, result.text).to.equal(true);
  return result;
}

/** The quickstart, in whatever language: web is copied to ids, and nothing else anywhere. */
async function expectCopies(lab: Lab): Promise<void> {
  expect(await broadcast(lab.vm("web"), [lab.vm("ids"), lab.vm("audit")])).to.deep.equal([20, 0]);
  expect(await broadcast(lab.vm("audit"), [lab.vm("ids"), lab.vm("web")])).to.deep.equal([0, 0]);
}

/** What each example's stack does on the lab once it is up; the name is its folder. */
const scenarios: Record<string, (lab: Lab, stack: Stack, config: object) => Promise<void>> = {
  quickstart: expectCopies,
  yaml: expectCopies,
  python: expectCopies,
  go: expectCopies,
  /** What the console begins with: a monitor, which nobody is tapped into yet. */
  async console(lab) {
    expect(await broadcast(lab.vm("web"), [lab.vm("ids")])).to.deep.equal([0]);
  },
  async "openstack-ordering"(lab, stack, config) {
    expect((await stack.outputs()).monitorPort).to.equal("tap-ids");
    // The copy, and nothing else: a monitor is in no network. For audit the same broadcast is production.
    expect(await broadcast(lab.vm("web"), [lab.vm("ids"), lab.vm("audit")])).to.deep.equal([20, 20]);
    await stack.configure({ ...config, monitor: "audit" });
    succeed(await stack.up());
    expect((await stack.outputs()).monitorPort).to.equal("tap-audit");
    expect(await broadcast(lab.vm("audit"), [lab.vm("web"), lab.vm("ids")])).to.deep.equal([0, 0]);
    expect(await broadcast(lab.vm("ids"), [lab.vm("web"), lab.vm("audit")])).to.deep.equal([20, 20]);
    succeed(await stack.preview({ expectNoChanges: true }));
    await stack.configure({ ...config, monitor: "audit", image: "debian-13" });
    succeed(await stack.up());
    // No tap waits for this one to be plugged again.
    await lab.vm("ids").host.ovs("ovs-vsctl --timeout=60 wait-until Interface tap-ids");
    expect(await broadcast(lab.vm("web"), [lab.vm("ids"), lab.vm("audit")])).to.deep.equal([20, 20]);
    expect(await broadcast(lab.vm("audit"), [lab.vm("web"), lab.vm("ids")])).to.deep.equal([0, 0]);
    succeed(await stack.refresh({ expectNoChanges: true }));
  },
  async "incident-response"(lab) {
    const capture = await collector.capture();
    const web = lab.vm("web");
    const responder = { ...between(web, web), destinationIp: "192.0.2.10", destinationPort: 22 };
    await web.send([
      tcp({ ...responder, sourcePort: 9, flags: 2 }),
      ethernet({ source: web.mac, destination: BROADCAST }, 0x88b5, Buffer.alloc(900)),
    ]);
    const [copy] = await capture.settle({ frames: 1 });
    await capture.stop();
    // Ethernet, IPv4 and GRE with a key, in front of the slice.
    expect(copy!.length).to.equal(14 + 20 + 8 + 128);
  },
  async "ids-farm"(lab) {
    const [web, audit] = [lab.vm("web"), lab.vm("audit")];
    const sensors = ["ids", "ids2", "ids3"].map((name) => lab.vm(name));
    const captures = await Promise.all(sensors.map((sensor) => sensor.capture()));
    const conversations = Array.from({ length: 30 }, (_, index) => 1000 + index);
    await web.send(
      conversations.map((sourcePort) => udp({ ...between(web, audit), sourcePort, destinationPort: 53 })),
    );
    await Promise.all(captures.map((capture) => capture.settle({ quietMs: 300 })));
    const shares = (await Promise.all(captures.map((capture) => capture.stop()))).map(
      (frames) => frames.length,
    );
    expect(shares.reduce((sum, share) => sum + share)).to.equal(30);
    expect(Math.min(...shares)).to.be.above(0);
  },
  async network(lab, stack) {
    expect((await stack.outputs()).states).to.deep.equal(Array(3).fill("active (no port matches)"));
    const net = "0e4f8f6e-3a52-4b1f-9d0e-1f6f6f0a7c11";
    const members = ["web", "audit", "ids2", "ids3"].map((name) => lab.vm(name));
    const join = (command: string, value: string) =>
      Promise.all(members.map(({ host, port }) => host.ovs(`ovs-vsctl ${command} Port ${port} ${value}`)));
    const ids3 = lab.vm("ids3");
    await ids3.host.ovs(`ovs-vsctl set Interface ${ids3.port} external_ids:vm-type=dns`);
    await join("set", `other_config:net_uuid=${net}`);
    succeed(await stack.refresh());
    succeed(await stack.up());
    expect((await stack.outputs()).tapped).to.deep.equal([["tap-web"], ["tap-ids2"], ["tap-audit"]]);
    const ids = [lab.vm("ids")];
    for (const name of ["web", "audit"]) expect(await broadcast(lab.vm(name), ids)).to.deep.equal([20]);
    await ids3.host.ovs(`ovs-vsctl remove Interface ${ids3.port} external_ids vm-type`);
    await join("remove", "other_config net_uuid");
  },
  async compliance(lab) {
    const web = lab.vm("web");
    const open = (destinationIp: string, destinationPort: number, flags: number) =>
      tcp({
        source: web.mac,
        destination: "02:00:00:00:00:07",
        sourceIp: web.ip,
        destinationIp,
        sourcePort: 40_000,
        destinationPort,
        flags,
      });
    const wanted = open("198.51.100.9", 443, TCP_FLAGS.syn);
    const capture = await lab.vm("ids").capture();
    await web.send([
      wanted,
      open("198.51.100.7", 443, TCP_FLAGS.syn),
      open("198.51.100.9", 443, TCP_FLAGS.syn | TCP_FLAGS.ack),
      open("198.51.100.9", 80, TCP_FLAGS.syn),
      open("192.0.2.9", 443, TCP_FLAGS.syn),
    ]);
    await capture.settle({ quietMs: 300 });
    expect(await capture.stop()).to.deep.equal([wanted]);
  },
};

/** Those that need a cloud; `test/unit/examples` runs them with a cloud's mocks. */
const CLOUDS = ["openstack"];

/** Examples in a language of which the CLI generates an SDK, and the language's own tool. */
const GENERATED: Readonly<Record<string, string>> = { python: "python3", go: "go" };

/** Those whose programs take minutes to compile the first time; they are run where every case is asked for. */
const SLOW: ReadonlySet<string> = new Set(["go"]);

/** VMs whose ports the example plugs by itself, on other VLANs than the lab gives them. */
const launched: Record<string, readonly string[]> = { "openstack-ordering": ["web", "ids", "audit"] };

/** What listens outside the cloud. */
let collector: Collector;

describe("examples", function () {
  this.timeout(300_000);
  let lab: Lab;
  let workDir: string;

  before(async () => {
    workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
    lab = await startLab({
      hosts: 3,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 2, vlan: 20 },
        { name: "audit", host: 3, vlan: 30 },
        { name: "ids2", host: 2, vlan: 20 },
        { name: "ids3", host: 2, vlan: 20 },
      ],
    });
    collector = await lab.addCollector();
  });
  after(async () => {
    await lab?.stop();
    rmSync(workDir, { recursive: true, force: true });
  });

  it("are all run here, unless they need a cloud", () => {
    const programs = readdirSync(examples).filter((name) => existsSync(join(examples, name, "Pulumi.yaml")));
    expect([...Object.keys(scenarios), ...CLOUDS].sort()).to.deep.equal(programs.sort());
  });

  it("are correct TypeScript, by compiler options that they share", () => {
    const configs = readdirSync(examples)
      .map((example) => join(examples, example, "tsconfig.json"))
      .filter((path) => existsSync(path));
    const texts = new Set(configs.map((path) => readFileSync(path, "utf8")));
    expect([...texts]).to.have.length(1);
    const { options, fileNames } = ts.parseJsonConfigFileContent(
      { ...JSON.parse([...texts][0]!), include: configs.map((path) => join(dirname(path), "*.ts")) },
      ts.sys,
      examples,
    );
    expect(fileNames).to.have.length.greaterThan(configs.length);
    const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
    const host = {
      getCanonicalFileName: String,
      getCurrentDirectory: () => examples,
      getNewLine: () => "\n",
    };
    expect(ts.formatDiagnostics(found, host)).to.equal("");
  });

  const usual = Object.entries(scenarios).filter(([example]) => isWhole || !SLOW.has(example));
  for (const [example, scenario] of sampleOf(usual, SAMPLE)) {
    it(`${example}: is previewed, made, does its work, is stable, and leaves the hosts as they were`, async function () {
      if (SLOW.has(example)) this.timeout(1_800_000);
      const tool = GENERATED[example];
      const projectDir =
        tool === undefined
          ? join(examples, example)
          : await installExample(this, example, tool, join(workDir, "installed", example));
      const vms = (launched[example] ?? []).map((name) => lab.vm(name));
      for (const vm of vms) await vm.unplug();
      const config = { "taas:sshConfig": lab.sshConfig };
      const stack = await openStack({ projectDir, stack: "test", config, workDir });
      const before = await Baseline.of(lab);
      const preview = succeed(await stack.preview());
      const up = succeed(await stack.up());
      expect(up.changes).to.deep.equal(preview.changes);
      succeed(await stack.preview({ expectNoChanges: true }));
      await scenario(lab, stack, config);
      succeed(await stack.destroy());
      expect(await before.differences()).to.deep.equal([]);
      await stack.remove();
      for (const vm of vms) await vm.plug();
    });
  }
});
