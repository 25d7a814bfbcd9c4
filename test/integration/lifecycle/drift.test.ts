import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { BREAKS, type Name } from "./breaks";
import { storedClaims } from "./storedClaims";

describe("a refresh", () => {
  let lab: Lab;
  let driver: Driver;
  const made = new Map<Name, { made: Made; args: Record<string, unknown> }>();

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1, vlan: 11 },
      { name: "app", host: 2, vlan: 12 },
      { name: "ids", host: 2, vlan: 13 },
      { name: "inline", host: 2, vlan: 14 },
    ];
    lab = await startLab({ hosts: 2, vms });
    driver = new Driver(lab);
    const keep = async (name: Name, args: Record<string, unknown>, kind: Made["kind"]) => {
      made.set(name, { made: await driver.create(kind, name, args), args });
      return made.get(name)!.made.outputs.ref;
    };
    await keep("way", { hosts: ["host1", "host2"] }, "MirrorTunnel");
    const ids = await keep("ids", { host: "host2", port: "tap-ids" }, "TapService");
    const attachment = "integration-bridge";
    const inline = await keep("inline", { host: "host2", port: "tap-inline", attachment }, "TapService");
    await keep("web", { service: ids, host: "host1", port: "tap-web" }, "TapFlow");
    await keep("db", { service: inline, host: "host1", port: "tap-db" }, "TapFlow");
    await keep("app", { service: ids, host: "host2", port: "tap-app" }, "TapFlow");
  });

  after(() => lab.stop());

  /** Reads everything; the statuses that are not active. */
  async function drifted(): Promise<Partial<Record<Name, string>>> {
    const entries = [...made].map(async ([name, one]) => {
      const { props } = await driver.read(one.made);
      return [name, props === undefined ? "gone" : String(props.status)] as const;
    });
    return Object.fromEntries((await Promise.all(entries)).filter(([, status]) => status !== "active"));
  }

  /** Sends a frame out of each tapped VM and expects one copy of each at its monitor. */
  async function expectCopies(): Promise<void> {
    const [ids, inline] = [await lab.vm("ids").capture(), await lab.vm("inline").capture()];
    const frames = ["web", "db", "app"].map((name) => {
      const { mac, ip } = lab.vm(name);
      const payload = Buffer.from(`from ${name}`);
      const to = { destination: "02:00:00:00:00:99", destinationIp: "198.51.100.200" };
      return udp({ source: mac, sourceIp: ip, ...to, sourcePort: 1, destinationPort: 2, payload });
    });
    await Promise.all(["web", "db", "app"].map((name, i) => lab.vm(name).send([frames[i]!])));
    await Promise.all([ids.settle({ frames: 2 }), inline.settle({ frames: 1 })]);
    const got = (captured: Buffer[], frame: Buffer) => captured.filter((other) => other.equals(frame)).length;
    const [atIds, atInline] = [await ids.stop(), await inline.stop()];
    expect([got(atIds, frames[0]!), got(atInline, frames[1]!), got(atIds, frames[2]!)]).to.deep.equal([
      1, 1, 1,
    ]);
  }

  it("finds no change right after a create", async () => {
    for (const { made: one } of made.values()) {
      const before = structuredClone(one.outputs);
      expect(await driver.read(one)).to.deep.equal({ id: one.id, props: before, inputs: one.inputs });
    }
    await expectCopies();
  });

  for (const { title, host, script, reports } of BREAKS) {
    it(`names the drift, and an update repairs it, when ${title}`, async () => {
      const keys = Object.fromEntries([...made].map(([name, one]) => [name, one.made.id]));
      const names = `${Object.entries(keys)
        .map(([name, key]) => `${name}='${key}'`)
        .join("\n")}\n`;
      await lab.host(host).ovs(names + script);
      const found = await drifted();
      expect(Object.keys(found), JSON.stringify(found)).to.have.members(Object.keys(reports));
      for (const [name, words] of Object.entries(reports)) expect(found[name as Name], name).to.match(words);
      for (const name of Object.keys(found) as Name[]) {
        const one = made.get(name)!;
        expect(await driver.update(one.made, one.args), name).to.equal(true);
      }
      expect(await drifted()).to.deep.equal({});
      await expectCopies();
    });
  }

  it("says on which bridge a monitor is that was plugged again, and an update moves it back to the tap bridge", async () => {
    await lab.vm("ids").unplug();
    const gone = await drifted();
    expect(gone.ids).to.match(/host host2: monitor port "tap-ids" is not plugged/);
    await lab.vm("ids").plug();
    const found = await drifted();
    expect(Object.keys(found)).to.include("ids").and.not.include.members(["web", "db", "inline", "way"]);
    expect(found.ids).to.match(/host host2: monitor port tap-ids is on br-int/);
    for (const name of Object.keys(found) as Name[])
      await driver.update(made.get(name)!.made, made.get(name)!.args);
    expect(await drifted()).to.deep.equal({});
    await expectCopies();
  });

  it("says when a tapped port is gone, and taps it again when it is back", async () => {
    await lab.vm("web").unplug();
    const found = await drifted();
    expect(Object.keys(found)).to.deep.equal(["web"]);
    expect(found.web).to.match(/host host1: source port "tap-web" is not plugged/);
    await lab.vm("web").plug();
    await drifted();
    await driver.update(made.get("web")!.made, made.get("web")!.args);
    expect(await drifted()).to.deep.equal({});
    await expectCopies();
  });

  it("reports that Open vSwitch forwards nothing while it waits for its flows, and up warns of it", async () => {
    await lab.host(2).ovs("ovs-vsctl set Open_vSwitch . other_config:flow-restore-wait=true");
    const says = /forwards nothing: other_config:flow-restore-wait is true \(ovs-vsctl remove/;
    const { ids, way, web } = await drifted();
    for (const status of [ids, way, web])
      expect(status)
        .to.match(/^drifted: host host2/)
        .and.to.match(says);
    const other = new Driver(lab, "organization/other/test");
    await other.tunnel("way", { hosts: ["host1", "host2"], udpPort: 15000 });
    await other.destroy();
    expect(other.warnings.join("\n")).to.match(says);
    await lab.host(2).ovs("ovs-vsctl remove Open_vSwitch . other_config flow-restore-wait");
    expect(await drifted()).to.deep.equal({});
  });

  it("finds that a resource without claims is gone, and that one with a claim at one end only has drifted", async () => {
    await lab.host(2).ovs("ovs-vsctl del-br br-tap");
    const found = await drifted();
    expect(found).to.include({ ids: "gone", inline: "gone", app: "gone" });
    for (const name of ["web", "db", "way"] as const)
      expect(found[name]).to.match(/^drifted: host host2: claim missing/);
    await lab.host(1).ovs("ovs-vsctl del-br br-tap");
    expect(Object.values(await drifted())).to.deep.equal(Array(6).fill("gone"));
    expect(await storedClaims(lab.host(1)).catch(() => "none")).to.equal("none");
  });
});
