import { expect } from "chai";
import { BROADCAST, tcp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { between, received } from "../copies/traffic";
import { Baseline } from "../faults/hosts";
import { type Program, stepOf, succeeded } from "../lifecycle/program";
import { copies, openYaml } from "./program";

const PROGRAM = `
config:
  port: { type: integer }
resources:
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: source
      port: tap-web
      filter:
        - { action: accept, etherType: 0x88b5 }
        - { action: accept, protocol: tcp, destinationPort: "\${port}" }
      sampling: { oneIn: 1 }
variables:
  counted:
    fn::invoke: { function: taas:getTapStatistics, arguments: { hosts: [source] } }
outputs:
  rules: \${web.rules}
  status: \${web.status}
  counted: \${counted.hosts.source}
`;

describe("the quickstart as a YAML program", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;
  let clean: Baseline;

  /** Which of some ports of TCP a segment to each is copied of. */
  async function copiedPorts(): Promise<number[]> {
    const [web, ids] = [lab.vm("web"), lab.vm("ids")];
    const ports = [443, 8443, 80];
    const header = { ...between(web, web), destination: BROADCAST, sourcePort: 40_000 };
    const frames = ports.map((destinationPort) => tcp({ ...header, destinationPort }));
    const [seen] = await received([ids], () => web.send(frames));
    return seen!.map((copy) => ports[frames.findIndex((frame) => frame.equals(copy))]!);
  }

  const configured = (port: number) => ({
    "taas:sshConfig": lab.sshConfig,
    "taas:hosts": { source: { address: "host1" }, monitor: { address: "host2" } },
    "fixture:port": String(port),
  });

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    clean = await Baseline.of(lab);
    program = await openYaml(PROGRAM, configured(443));
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  it("shows its rules in the first preview, and leaves what only a host can tell unknown", async () => {
    const { steps } = succeeded(await program.stack.preview());
    const web = steps.find(({ name }) => name === "web")!.new!;
    expect(JSON.stringify(web.inputs.rules)).to.include("tp_dst=443");
    const root = steps.find(({ type }) => type === "pulumi:pulumi:Stack")!.new!;
    expect(JSON.stringify(root.outputs.rules)).to.include("tp_dst=443");
    expect(root.outputs.status).to.equal("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
  });

  it("creates taps whose copies arrive, and reads their counters", async () => {
    expect(succeeded(await program.stack.up()).changes.create).to.equal(3);
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(10);
    expect(await copiedPorts()).to.deep.equal([443]);
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    succeeded(await program.stack.up());
    const { status, counted } = await program.stack.outputs();
    expect(status).to.equal("active");
    expect(JSON.stringify(counted)).to.include("fixture/test/TapFlow/web");
  });

  it("shows an edit as the paths that it changes", async () => {
    await program.stack.configure(configured(8443));
    const step = stepOf(succeeded(await program.stack.preview()), "web");
    const paths = Object.keys(step.detailed ?? {});
    expect(paths.filter((path) => !path.startsWith("rules"))).to.deep.equal(["filter[1].destinationPort"]);
    expect(paths.some((path) => path.startsWith("rules"))).to.equal(true);
    expect(step.detailed!["filter[1].destinationPort"]).to.deep.equal({
      diffKind: "update",
      inputDiff: true,
    });
    expect(succeeded(await program.stack.up()).changes.update).to.equal(1);
    expect(await copiedPorts()).to.deep.equal([8443]);
  });

  it("finds by a refresh what was broken by hand, and repairs it by the next up", async () => {
    await lab.host(1).ovs("ovs-ofctl -O OpenFlow14 del-flows br-tap");
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(0);
    const found = stepOf(succeeded(await program.stack.refresh()), "web");
    expect(found.new!.outputs.status).to.match(/^drifted: host source: /);
    const step = stepOf(succeeded(await program.stack.preview()), "web");
    expect(step.detailed).to.deep.equal({ status: { diffKind: "update", inputDiff: false } });
    succeeded(await program.stack.up());
    expect(await copies(lab.vm("web"), lab.vm("ids"))).to.equal(10);
    expect(await copiedPorts()).to.deep.equal([8443]);
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
  });

  it("is destroyed without a trace", async () => {
    succeeded(await program.stack.destroy());
    expect(await clean.differences()).to.deep.equal([]);
  });
});
