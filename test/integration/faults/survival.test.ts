import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { Kept } from "../../driver/kept";
import { DATAPATH } from "../../lab/datapath";
import { udp } from "../../lab/frames";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { account, Baseline } from "./hosts";

/** Frames that each VM sends to see what is copied. */
const FRAMES = 10;
type Drifted = Record<string, RegExp>;

describe("what happens to a host", function () {
  this.timeout(120_000);
  let lab: Lab;
  let maker: Driver;
  let kept: Kept;
  /** What puts the lab back as it was before a test. */
  const undo: (() => Promise<unknown>)[] = [];

  before(async () => {
    const vms = [
      { name: "web", host: 1, vlan: 10 },
      { name: "db", host: 1, vlan: 11 },
      { name: "other", host: 1, vlan: 10 },
      { name: "ids", host: 2, vlan: 20 },
      { name: "inline", host: 2, vlan: 21 },
      { name: "near", host: 2, vlan: 22 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  beforeEach(async () => {
    maker = new Driver(lab);
    kept = new Kept(maker);
    const at = (name: string) => ({
      host: `host${lab.vm(name).host.number}`,
      port: { ifaceId: lab.vm(name).ifaceId },
    });
    const ids = await kept.keep("TapService", "ids", { ...at("ids"), attachTimeout: 0 });
    const attachment = "integration-bridge";
    const inline = await kept.keep("TapService", "inline", { ...at("inline"), attachment, attachTimeout: 0 });
    const flow = (name: string, service: typeof ids) =>
      kept.keep("TapFlow", name, {
        service: service.outputs.ref,
        direction: "egress",
        attachTimeout: 0,
        ...at(name),
      });
    await flow("web", ids);
    await flow("db", inline);
    await flow("near", ids);
  });

  afterEach(async () => {
    await maker.destroy();
    for (const each of undo.splice(0)) await each();
  });

  function frameOf(vm: Vm): Buffer {
    const to = {
      destination: "02:00:00:00:00:99",
      destinationIp: "198.51.100.200",
      sourcePort: 1,
      destinationPort: 2,
    };
    return udp({ source: vm.mac, sourceIp: vm.ip, ...to, payload: Buffer.from(`from ${vm.name}`) });
  }

  /** Sends frames out of every VM that is plugged; how many copies are missing, and how many came that should never. */
  async function copies(senders: readonly string[]): Promise<{ lost: number; wrong: number }> {
    const goes: Record<string, string> = { web: "ids", near: "ids", db: "inline" };
    const monitors = ["ids", "inline"];
    const captures = await Promise.all(monitors.map((name) => lab.vm(name).capture()));
    for (const name of senders) await lab.vm(name).send(Array(FRAMES).fill(frameOf(lab.vm(name))));
    await Promise.all(captures.map((capture) => capture.settle({ quietMs: 400, timeoutMs: 3_000 })));
    let [lost, wrong] = [0, 0];
    for (const [index, monitor] of monitors.entries()) {
      const frames = await captures[index]!.stop();
      const expected = senders.filter((name) => goes[name] === monitor);
      const got = frames.filter((frame) => expected.some((name) => frame.equals(frameOf(lab.vm(name)))));
      wrong += frames.length - got.length;
      lost += expected.length * FRAMES - got.length;
    }
    return { lost, wrong };
  }

  const ALL = ["web", "db", "near", "other"];

  /** Nothing wrong is copied in the state that an event leaves; a refresh names it; up puts it right. */
  async function expectSurvival(drifted: Drifted): Promise<void> {
    const meanwhile = await copies(ALL);
    expect(meanwhile.wrong, "frames that no monitor should get").to.equal(0);
    kept.driver = new Driver(lab);
    const found = await kept.refresh();
    expect(Object.keys(found), JSON.stringify(found)).to.have.members(Object.keys(drifted));
    for (const [name, says] of Object.entries(drifted)) expect(found[name], name).to.match(says);
    await kept.up();
    expect(await kept.refresh()).to.deep.equal({});
    expect(await copies(ALL)).to.deep.equal({ lost: 0, wrong: 0 });
    account(1, meanwhile.lost, 0);
  }

  async function plugAnew(host: LabHost): Promise<void> {
    for (const vm of lab.vms.filter((one) => one.host === host)) {
      await host.ovs(`ovs-vsctl --if-exists del-port ${vm.port}`);
      await vm.plug();
    }
  }

  const RULES = /missing rule on br-tap/;

  it("a crash of ovs-vswitchd where the sources are: no copies until the next up", async () => {
    await lab.host(1).killVswitchd();
    await lab.host(1).startVswitchd();
    await expectSurvival({ web: RULES, db: RULES });
  });

  it("a crash of ovs-vswitchd where the monitors are: no copies until the next up", async () => {
    await lab.host(2).killVswitchd();
    await lab.host(2).startVswitchd();
    await expectSurvival({
      ids: RULES,
      inline: /missing rule on br-int/,
      web: RULES,
      db: RULES,
      near: RULES,
    });
  });

  it("a crash of ovsdb-server: all copies flow again by themselves", async () => {
    for (const host of lab.hosts) {
      await host.killOvsdbServer();
      await host.startOvsdbServer();
    }
    // Until ovs-vswitchd has found it again, the userspace datapath stands still, production and all.
    let lost = 0;
    for (let tries = 0; ; tries++) {
      const seen = await copies(ALL);
      expect(seen.wrong).to.equal(0);
      if (seen.lost === 0) break;
      lost += seen.lost;
      expect(tries, "copies flow again").to.be.below(20);
    }
    kept.driver = new Driver(lab);
    expect(await kept.refresh()).to.deep.equal({});
    account(lab.hosts.length, lost, 0);
  });

  for (const [number, drifted] of [
    [1, { web: /missing rule|altered mirror/, db: /missing rule|altered mirror/ }],
    [
      2,
      {
        ids: /monitor port tap-ids is on br-int/,
        inline: /missing rule/,
        web: RULES,
        db: RULES,
        near: /altered mirror|missing rule/,
      },
    ],
  ] as const) {
    it(`a reboot of host${number}, after which the cloud plugs its VMs again`, async () => {
      const host = lab.host(number);
      await host.killVswitchd();
      await host.killOvsdbServer();
      await host.startOvsdbServer();
      await host.startVswitchd();
      await plugAnew(host);
      await expectSurvival(drifted);
    });
  }

  /** Words of shell that give a port's device another name. */
  const rename = (from: string, to: string) =>
    `ovs-vsctl del-port ${from}; ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up`;

  /** A VM's port comes back under another name and number; what identifies it stays. */
  async function renamed(name: string): Promise<void> {
    const { port, host, plugCommands } = lab.vm(name);
    await host.ovs(rename(port, `new-${name}`));
    undo.push(async () => {
      await host.ovs(rename(`new-${name}`, port));
      await lab.vm(name).plug();
    });
    const commands = plugCommands.map((words) => words.map((word) => (word === port ? `new-${name}` : word)));
    await host.ovsVsctl([...commands, ["set", "Interface", `new-${name}`, "ofport_request=777"]]);
  }

  it("a source's port of another name and number, with the same iface-id: it is tapped again by the next up", async () => {
    await renamed("web");
    await expectSurvival({ web: /altered mirror/ });
    expect(kept.get("web").outputs.portName).to.equal("new-web");
  });

  it("a monitor's port of another name and number, with the same iface-id: it is the monitor again with the next up", async () => {
    await renamed("ids");
    await expectSurvival({ ids: /monitor port new-ids is on br-int/, near: /rule on br-tap/ });
    expect(kept.get("ids").outputs.portName).to.equal("new-ids");
  });

  it("a restart before a monitor's device exists: the refresh says so until it does", async () => {
    const { host } = lab.vm("ids");
    await host.killVswitchd();
    await host.ovs("ip link set tap-ids down && ip link set tap-ids name away");
    await host.startVswitchd();
    const found = await kept.refresh();
    expect(found.ids).to.match(/port tap-ids has no OpenFlow port number: .*No such device/);
    await host.ovs("ip link set away name tap-ids && ip link set tap-ids up");
    await host.ovs("ovs-vsctl --timeout=20 wait-until Interface tap-ids 'ofport>0'");
    await kept.refresh();
    await kept.up();
    expect(await kept.refresh()).to.deep.equal({});
    expect(await copies(ALL)).to.deep.equal({ lost: 0, wrong: 0 });
    account(1, 0, 0);
  });

  for (const what of ["put back by an up", "and then everything is destroyed"]) {
    it(`a monitor's claim that somebody removed, ${what}: the port is moved back nevertheless`, async () => {
      const { host } = lab.vm("ids");
      await host.ovs(`ovs-vsctl remove Bridge br-tap external_ids '"taas:${kept.get("ids").id}"'`);
      const found = await kept.refresh();
      expect(found.ids).to.equal("gone");
      if (what.startsWith("put")) {
        const port = { ifaceId: lab.vm("ids").ifaceId };
        await kept.keep("TapService", "ids", { host: "host2", port, attachTimeout: 0 });
        await kept.refresh();
        await kept.up();
        expect(await kept.refresh()).to.deep.equal({});
        expect(await copies(ALL)).to.deep.equal({ lost: 0, wrong: 0 });
      }
      await kept.driver.destroy();
      expect(await host.ovs("ovs-vsctl list-br")).not.to.include("br-tap");
      expect(await host.ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
    });
  }

  it("a mark that a port and a Mirror lost: a destroy deletes them nevertheless", async () => {
    await kept.driver.destroy();
    const empty = await Baseline.of(lab);
    const ids = await kept.driver.service("ids", { host: "host2", port: "tap-ids" });
    await kept.driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await lab
      .host(1)
      .ovs(`for port in $(ovs-vsctl list-ports br-int | grep ^mi-); do ovs-vsctl remove Port $port external_ids taas; done
ovs-vsctl remove Mirror $(ovs-vsctl --bare --columns=name list Mirror) external_ids taas`);
    await kept.driver.destroy();
    const left = await empty.differences();
    account(2, 0, left.length);
    expect(left).to.deep.equal([]);
  });

  // The last, since the lab's own bridge does not come back.
  it("a br-int that is created again: its objects are restored by the next up", async () => {
    const host = lab.host(1);
    await host.ovs("ovs-vsctl del-br br-int");
    const found = await kept.refresh();
    expect(Object.keys(found)).to.have.members(["web", "db"]);
    for (const status of Object.values(found)) expect(status).to.match(/there is no bridge br-int/);
    await host.ovs(`ovs-vsctl add-br br-int -- set Bridge br-int datapath_type=${DATAPATH} fail_mode=secure \\
  -- add-port br-int patch-tun -- set Interface patch-tun type=patch options:peer=patch-int
ovs-ofctl add-flow br-int table=0,priority=0,actions=NORMAL`);
    await plugAnew(host);
    const pieces = /missing port mi-\w+ on br-int.*missing mirror/;
    await expectSurvival({ web: pieces, db: pieces });
  });
});
