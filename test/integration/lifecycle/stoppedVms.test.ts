import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { RunResult } from "../../engine/runResult";
import { type Lab, startLab } from "../../lab/lab";
import { extentOf } from "../../sample";
import { broadcast } from "../copies/traffic";
import { inEachLanguage, stepOf, succeeded, WrittenProgram } from "./program";
import { failureOf } from "./refused";

/** Tapped ports besides web's. They have no device, which a Mirror does not mind. */
const OTHERS = extentOf(49, 199);

const VMS = [
  { name: "web", host: 1 },
  { name: "db", host: 1 },
  { name: "ids", host: 2 },
  { name: "probe", host: 2 },
];

/** Sends a frame out of web and counts its copies. */
async function copiesAt(lab: Lab, monitor: string): Promise<number> {
  const capture = await lab.vm(monitor).capture();
  const frame = broadcast(lab.vm("web"));
  await lab.vm("web").send([frame]);
  await capture.settle({ frames: 1 }).catch(() => undefined);
  return (await capture.stop()).filter((other) => other.equals(frame)).length;
}

const written = (direction: string) => `
resources:
  ids: { type: taas:TapService, properties: { host: host2, port: tap-ids } }
${["web", ...Array.from({ length: OTHERS }, (_, index) => `n${index}`)].map((name) => flowOf(name, direction)).join("")}`;

const flowOf = (name: string, direction: string) => `
  ${name}:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: tap-${name}, direction: ${direction} }
`;

inEachLanguage(`one stopped VM of ${OTHERS + 1} that are tapped`, (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    lab = await startLab({ hosts: 2, vms: VMS });
    const ports = Array.from({ length: OTHERS }, (_, index) => `tap-n${index}`);
    await lab.host(1).ovs(`ovs-vsctl ${ports.map((port) => `-- add-port br-int ${port}`).join(" ")} || true`);
    program = await WrittenProgram.open(language, written("both"), { "taas:sshConfig": lab.sshConfig });
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  const statusIn = (run: RunResult, name: string) => stepOf(run, name).new?.outputs?.status;

  it("lets up change the rest, says which tap waits, and taps the VM once it is back", async () => {
    succeeded(await program.stack.up());
    await lab.vm("web").unplug();
    succeeded(await program.stack.refresh());
    await program.become(written("egress"));
    const { stack } = program;

    const run = succeeded(await stack.up());
    expect(run.changes).to.deep.equal({ update: OTHERS + 1, same: 2 });
    expect(statusIn(run, "web")).to.equal('drifted: host host1: source port "tap-web" is not plugged');
    expect(statusIn(run, "n7")).to.equal("active");
    const said = run.diagnostics.filter(({ message }) => message.includes(" waits: "));
    if (language === "YAML") expect(said.map(({ urn }) => urn)).to.deep.equal([stepOf(run, "web").urn]);
    expect(said.map(({ message }) => message).join("")).to.match(
      /TapFlow\/web waits: host host1: source port "tap-web" is not plugged\. Run up again/,
    );

    await lab.vm("web").plug();
    const back = succeeded(await stack.up());
    expect(back.changes).to.deep.equal({ update: 1, same: OTHERS + 2 });
    expect(statusIn(back, "web")).to.equal("active");
    expect(await copiesAt(lab, "ids")).to.equal(1);
    succeeded(await stack.destroy());
  });
});

describe("a VM that is stopped", () => {
  let lab: Lab;
  let driver: Driver;
  let ids: Made;

  before(async () => {
    lab = await startLab({ hosts: 2, vms: VMS });
  });

  after(() => lab.stop());

  beforeEach(async () => {
    driver = new Driver(lab);
    ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
  });

  afterEach(() => driver.destroy());

  const args = (more: object) => ({ service: ids.outputs.ref, host: "host1", port: "tap-web", ...more });

  /** Does the work while a VM is stopped; nothing in it may wait for the VM. */
  async function whileStopped(name: string, work: () => Promise<void>): Promise<void> {
    await lab.vm(name).unplug();
    try {
      const started = performance.now();
      await work();
      expect(performance.now() - started).to.be.lessThan(10_000);
    } finally {
      await lab.vm(name).plug();
    }
  }

  it("is not needed by a tap that is disabled", async () => {
    const web = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await whileStopped("web", async () => {
      await driver.update(web, args({ enabled: false }));
      expect(web.outputs).to.include({ status: "disabled", portName: "tap-web" });
      await driver.read(web);
      expect(web.outputs.status).to.equal("disabled");
      const other = await driver.flow("off", ids, { host: "host1", port: "tap-none", enabled: false });
      expect(other.outputs).to.include({ status: "disabled", portName: "" });
      expect(driver.warnings).to.deep.equal([]);
    });
    await driver.update(web, args({ enabled: true }));
    expect(web.outputs.status).to.equal("active");
    expect(await copiesAt(lab, "ids")).to.equal(1);
  });

  it("keeps its tap if its candidates change but its host stays", async () => {
    const web = await driver.flow("web", ids, { hosts: ["host1"], port: "tap-web" });
    await whileStopped("web", async () => {
      await driver.update(web, { service: ids.outputs.ref, hosts: ["host2", "host1"], port: "tap-web" });
      expect(web.outputs.status).to.equal('drifted: host host1: source port "tap-web" is not plugged');
    });
    await driver.update(web, { service: ids.outputs.ref, hosts: ["host2", "host1"], port: "tap-web" });
    expect(web.outputs).to.include({ status: "active", portName: "tap-web" });
  });

  it("that is a monitor is drift, too, and another description can be given meanwhile", async () => {
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const monitor = { host: "host2", port: "tap-ids", description: "intrusion detection" };
    await whileStopped("ids", async () => {
      await driver.update(ids, monitor);
      expect(ids.outputs.status).to.equal('drifted: host host2: monitor port "tap-ids" is not plugged');
      expect(driver.warnings.join("\n")).to.match(/TapService\/ids waits: host host2: monitor port/);
    });
    await driver.update(ids, monitor);
    expect(ids.outputs).to.include({ status: "active", portName: "tap-ids" });
    expect(await copiesAt(lab, "ids")).to.equal(1);
  });

  it("is waited for before the tap of another is deleted for it", async () => {
    const web = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await lab.vm("db").unplug();
    const failed = await failureOf(driver.update(web, args({ port: "tap-db", attachTimeout: 0 })));
    expect(failed).to.have.property("code", "port-missing");
    expect(await copiesAt(lab, "ids")).to.equal(1);
    await lab.vm("db").plug();
  });

  it("is not one of several monitors that must be plugged", async () => {
    await driver.delete(ids);
    ids = await driver.service("ids", { host: "host2", ports: ["tap-ids", "tap-probe"] });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await whileStopped("probe", async () => {
      await driver.update(ids, { host: "host2", ports: ["tap-ids", "tap-probe"], description: "two" });
      expect(ids.outputs.status).to.match(/^drifted: host host2: monitor port "tap-probe" is not plugged$/);
      expect(ids.outputs.portName).to.equal("tap-ids");
      expect(await copiesAt(lab, "ids")).to.equal(1);
    });
  });
});
