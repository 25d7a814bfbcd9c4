import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { broadcast, all as everything, expectFrames } from "../copies/traffic";
import { Baseline } from "../faults/hosts";
import { inEachLanguage, stepOf, succeeded, WrittenProgram } from "../lifecycle/program";
import { openYaml } from "../plugin/program";

const PROGRAM = `
resources:
  sensor:
    type: taas:MonitorPort
    properties: { host: host2, mtu: 1600, description: the sensor's }
  ids:
    type: taas:TapService
    properties: { host: host2, ports: ["\${sensor.port}"] }
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: tap-web, direction: egress }
  vm:
    type: taas:MonitorPort
    properties: { host: host2, type: attach }
outputs:
  device: \${sensor.portName}
  libvirt: \${vm.libvirt}
  status: \${vm.status}
`;

const VMS = [{ name: "web", host: 1 }];

inEachLanguage("a program with monitor ports", (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    lab = await startLab({ hosts: 2, vms: VMS });
    program = await WrittenProgram.open(language, PROGRAM, { "taas:sshConfig": lab.sshConfig });
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  it("have their names in the first preview, are created before their services and deleted after them", async () => {
    const { stack } = program;
    const empty = await Baseline.of(lab);
    const plan = succeeded(await stack.preview());
    const device = String(stepOf(plan, "sensor").new!.inputs.name);
    expect(device).to.match(/^mp-[0-9a-f]{12}$/);
    expect(stepOf(plan, "ids").new!.inputs.ports).to.deep.equal([device]);
    succeeded(await stack.up());
    const outputs = await stack.outputs();
    expect(outputs).to.include({ device, status: "active (no port attached)" });
    expect(outputs.libvirt).to.match(/<source bridge='br-tap'\/>[\s\S]*interfaceid='[0-9a-f-]{36}'/);
    await lab.host(2).ovs(`ip link set ${device} up`);
    const capture = await lab.host(2).captureDevice(device);
    const frames = Array.from({ length: 10 }, () => broadcast(lab.vm("web")));
    await lab.vm("web").send(frames);
    expectFrames(await everything(capture, frames.length), frames);
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.refresh({ expectNoChanges: true }));
    await lab.host(2).ovs(`ovs-vsctl del-port ${device}`);
    const found = succeeded(await stack.refresh());
    expect(stepOf(found, "sensor").new!.outputs.status).to.match(/missing port mp-/);
    succeeded(await stack.up());
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    expect(await empty.differences()).to.deep.equal([]);
  });
});

describe("an import of a monitor port", function () {
  this.timeout(120_000);
  let lab: Lab;
  const programs: WrittenProgram[] = [];

  before(async () => {
    lab = await startLab({ hosts: 2, vms: VMS });
  });

  after(async () => {
    for (const program of programs) program.remove();
    await lab?.stop();
  });

  it("by its name or its owner has a complete state, and the next up renames the claim and changes nothing else", async () => {
    const config = { "taas:sshConfig": lab.sshConfig };
    const [first, second] = [
      await openYaml(PROGRAM, config, "first"),
      await openYaml(PROGRAM, config, "second"),
    ];
    programs.push(first, second);
    succeeded(await first.stack.up());
    const { device } = await first.stack.outputs();
    const owner = "organization/fixture/first/MonitorPort/vm";
    succeeded(
      await second.stack.import([
        { type: "taas:index:MonitorPort", name: "sensor", id: `host2:${device}` },
        { type: "taas:index:MonitorPort", name: "vm", id: `host2:${owner}` },
      ]),
    );
    const outputsIn = async ({ stack }: WrittenProgram, name: string) =>
      (await stack.exportState()).deployment.resources!.find(({ urn }) => urn.endsWith(`::${name}`))!
        .outputs!;
    for (const name of ["sensor", "vm"])
      expect(await outputsIn(second, name), name).to.deep.equal(await outputsIn(first, name));
    const plan = succeeded(await second.stack.preview());
    for (const name of ["sensor", "vm"])
      expect(Object.keys(stepOf(plan, name).detailed ?? {}), name).to.deep.equal(["owner"]);
    const refused = await second.stack.import([
      { type: "taas:index:MonitorPort", name: "other", id: "host2:nobody" },
    ]);
    expect(refused.text).to.match(
      /no such claim on host2: nobody; claims there: .*MonitorPort\/sensor, .*MonitorPort\/vm/,
    );
    succeeded(await first.stack.destroy());
  });
});
