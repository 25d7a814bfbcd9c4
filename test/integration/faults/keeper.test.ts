import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { Stream } from "../../lab/stream";
import type { Vm } from "../../lab/vm";
import { learn } from "../copies/traffic";
import { meters } from "../treatment/meterStats";
import { account, Baseline } from "./hosts";
import { FOLDER, KeeperProcess, UNIT, until, untilAllCopied } from "./keeperProcess";
import { othersRows, plugOthers } from "./othersRows";

const KEPT = { host1: { address: "host1", keeper: true } };
/** What the test itself renews on the host: VMs' ports, and what ovs-vswitchd draws when it starts. */
const RENEWED = /(?:Port|Interface) tap-|~ Bridge br-int .* ports|mac_in_use/;

describe("a host's keeper", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let baseline: Baseline;
  let keeper: KeeperProcess;
  let vm: Record<"web" | "db" | "mon" | "inline" | "far", Vm>;
  let made: Record<"ids" | "inline" | "web" | "db" | "far", Made>;

  const foreign = () => othersRows(lab.host(1));

  before(async () => {
    const near = ["web", "db", "mon", "inline"].map((name) => ({ name, host: 1 }));
    lab = await startLab({ hosts: 2, vms: [...near, { name: "far", host: 2 }] });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    await plugOthers(lab.host(1), vm.web);
    baseline = await Baseline.of(lab);
    driver = new Driver(lab, undefined, { hosts: KEPT });
    const [ids, inline] = [
      await driver.service("ids", { host: "host1", port: { ifaceId: vm.mon.ifaceId } }),
      await driver.service("inline", {
        host: "host1",
        port: { mac: vm.inline.mac },
        attachment: "integration-bridge",
      }),
    ];
    const cap = { rateLimit: { packetsPerSecond: 5_000 } };
    made = {
      ...{ ids, inline },
      web: await driver.flow("web", ids, { host: "host1", port: { ifaceId: vm.web.ifaceId }, ...cap }),
      db: await driver.flow("db", inline, { host: "host1", port: { vmUuid: vm.db.vmUuid } }),
      far: await driver.flow("far", ids, { host: "host2", port: "tap-far" }),
    };
    keeper = await KeeperProcess.start(lab.host(1));
  });
  after(async () => {
    await lab?.stop();
  });

  /** All taps are as they should be, and what others have is untouched. */
  async function expectAllWell(theirs: string): Promise<void> {
    for (const each of Object.values(made)) {
      await driver.read(each);
      expect(each.outputs.status, each.name).to.equal("active");
    }
    expect(await foreign()).to.equal(theirs);
    await lab.host(1).ovs("[ ! -e /run/harm ]");
  }

  function copiesFlow(since: number, what: string): Promise<number> {
    const { web, db, mon, inline, far } = vm;
    const ways = [[web, db, mon] as const, [db, web, inline] as const, [far, web, mon] as const];
    return untilAllCopied(ways, since, what);
  }

  async function restarted(): Promise<number> {
    await lab.host(1).killVswitchd();
    const since = performance.now();
    await lab.host(1).startVswitchd();
    return copiesFlow(since, "ovs-vswitchd was started");
  }

  it("restores rules, meters and the rule on the integration bridge after ovs-vswitchd was killed and started", async () => {
    const [theirs, before] = [await foreign(), await meters(lab.host(1))];
    expect(before).to.have.length(1);
    const missed = await restarted();
    expect(await meters(lab.host(1))).to.have.length(1);
    await expectAllWell(theirs);
    account(1, missed, 0);
  });

  it("does so after ovsdb-server was killed and started, too", async () => {
    const theirs = await foreign();
    await lab.host(1).killOvsdbServer();
    await lab.host(1).startOvsdbServer();
    const missed = await restarted();
    await driver.read(made.web).catch(() => undefined); // its connection went with the server
    await expectAllWell(theirs);
    account(2, missed, 0);
  });

  it("taps a source port again that was plugged again, in the middle of its traffic", async () => {
    const theirs = await foreign();
    const stream = await Stream.start({ from: vm.web, to: vm.db, watchers: [vm.mon], pps: 200 });
    await vm.web.unplug();
    const since = performance.now();
    await vm.web.plug();
    const copies = await vm.mon.capture();
    await until(async () => copies.frames.length > 50);
    await copies.stop();
    const { at } = await stream.stop();
    console.log(
      `      50 copies of a running stream ${((performance.now() - since) / 1000).toFixed(2)} s after`,
    );
    await expectAllWell(theirs);
    account(1, at.mon!.lost.length, 0);
  });

  it("taps it again under another name with the same iface-id", async () => {
    const theirs = await foreign();
    const rename = async (from: string, to: string) => {
      await lab.host(1).ovs(`
ovs-vsctl --if-exists del-port ${from}
ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up
ovs-vsctl add-port br-int ${to} tag=10 -- set Interface ${to} external_ids:iface-id=${vm.web.ifaceId} \\
  'external_ids:attached-mac="${vm.web.mac}"' external_ids:vm-uuid=${vm.web.vmUuid} external_ids:iface-status=active`);
    };
    const since = performance.now();
    await rename("tap-web", "tap-other");
    const missed = await copiesFlow(since, "the port came by another name");
    await expectAllWell(theirs);
    expect(made.web.outputs.portName).to.equal("tap-other");
    await rename("tap-other", "tap-web");
    account(2, missed + (await copiesFlow(performance.now(), "it has its name again")), 0);
  });

  it("moves a monitor back that was plugged again, row and all, and at the end it is where it was plugged then", async () => {
    const theirs = await foreign();
    const host = lab.host(1);
    const home = async () =>
      /"(\d+) - br-int"/.exec(await host.ovs("ovs-vsctl get Port tap-mon external_ids:taas-home"))![1]!;
    const taken = await home();
    await vm.mon.unplug();
    await host.ovs(
      `ovs-vsctl add-port br-int taker -- set Interface taker type=internal ofport_request=${taken}`,
    );
    const since = performance.now();
    await host.ovsVsctl([...vm.mon.plugCommands]);
    const row = await host.ovs("ovs-vsctl get Port tap-mon _uuid");
    // On br-int the monitor gets what is flooded there, and no copy.
    await until(async () => (await host.ovs("ovs-vsctl port-to-br tap-mon")) === "br-tap\n");
    const missed = await copiesFlow(since, "the monitor was plugged into br-int");
    expect(await host.ovs("ovs-vsctl port-to-br tap-mon; ovs-vsctl get Port tap-mon _uuid")).to.equal(
      `br-tap\n${row}`,
    );
    await expectAllWell(theirs);
    const number = await home();
    expect(number).not.to.equal(taken);
    expect(await host.ovs("ovs-vsctl get Interface tap-mon ofport")).not.to.equal(`${number}\n`);
    await driver.delete(made.far);
    await driver.delete(made.web);
    await driver.delete(made.ids);
    expect(await host.ovs("ovs-vsctl port-to-br tap-mon; ovs-vsctl get Interface tap-mon ofport")).to.equal(
      `br-int\n${number}\n`,
    );
    await host.ovs("ovs-vsctl del-port taker");
    made.ids = await driver.service("ids", { host: "host1", port: { ifaceId: vm.mon.ifaceId } });
    made.web = await driver.flow("web", made.ids, { host: "host1", port: { ifaceId: vm.web.ifaceId } });
    made.far = await driver.flow("far", made.ids, { host: "host2", port: "tap-far" });
    await expectAllWell(theirs);
    account(1, missed, 0);
  });

  it("ignores what belongs to another change of the claims, or is not complete", async () => {
    const host = lab.host(1);
    const rules = "ovs-ofctl --no-stats dump-flows br-tap | grep -c cookie=0x7a70; true";
    const once = () => host.ovs(`sh ${FOLDER}/taas-keeper once`);
    const generation = (await host.ovs("ovs-vsctl get Bridge br-tap other_config:taas-generation")).trim();
    const set = (value: string) =>
      host.ovs(`ovs-vsctl set Bridge br-tap 'other_config:taas-generation=${value}'`);
    await keeper.stop();
    await set('"9999"');
    await host.ovs("ovs-ofctl del-flows br-tap; ovs-vsctl clear Mirror theirs external_ids");
    await once();
    expect((await host.ovs(rules)).trim()).to.equal("0");
    await set(generation);
    await host.ovs(`cp ${FOLDER}/state.* /run/whole; sed -i '/^end/,$d' ${FOLDER}/state.*`);
    await once();
    expect((await host.ovs(rules)).trim()).to.equal("0");
    await host.ovs(
      `cat /run/whole > "$(echo ${FOLDER}/state.*)"; ovs-vsctl set Mirror theirs external_ids:theirs=1`,
    );
    await once();
    expect(Number(await host.ovs(rules))).to.be.greaterThan(5);
    keeper = await KeeperProcess.start(host);
    await expectAllWell(await foreign());
    account(3, 0, 0);
  });

  it("yields to a run that is writing at the same time", async () => {
    const host = lab.host(1);
    const cap = (packetsPerSecond: number) => ({
      ...{ service: made.ids.outputs.ref, host: "host1", port: { ifaceId: vm.web.ifaceId } },
      rateLimit: { packetsPerSecond },
    });
    for (let round = 1; round <= 5; round++) {
      await Promise.all([
        driver.update(made.web, cap(1_000 * round)),
        host.ovs(`for i in 1 2 3 4; do ovs-ofctl del-flows br-tap; sh ${FOLDER}/taas-keeper once; done`),
      ]);
    }
    await host.ovs(`sh ${FOLDER}/taas-keeper once`);
    expect((await meters(host)).join()).to.match(/rate=5000/);
    await expectAllWell(await foreign());
    account(20, 0, 0);
  });

  it("is small, and ends with all its processes when it is told to", async () => {
    console.log(`      ${await keeper.processes()} processes with ${await keeper.memory()} KiB of their own`);
    expect(await keeper.memory()).to.be.lessThan(32_768);
    await keeper.stop();
    keeper = await KeeperProcess.start(lab.host(1));
    account(0, 0, 0);
  });

  const alterations: [string, string, RegExp][] = [
    ["its script is altered", `echo >> ${FOLDER}/taas-keeper`, /the keeper's script is altered/],
    ["its script is removed", `rm ${FOLDER}/taas-keeper`, /the keeper's script is missing/],
    ["its state is altered", `sed -i '$!s/@1@/@2@/' ${FOLDER}/state.*`, /the keeper's state is altered/],
    ["its state is removed", `rm ${FOLDER}/state.*`, /the keeper's state is missing/],
    ["all is removed", `rm -rf ${FOLDER}`, /script is missing.*state is missing/],
  ];
  for (const [what, script, says] of alterations) {
    it(`is drift when ${what}, and an update repairs it`, async () => {
      await lab.host(1).ovs(script);
      await driver.read(made.ids);
      expect(made.ids.outputs.status).to.match(says);
      await driver.update(made.ids, { host: "host1", port: { ifaceId: vm.mon.ifaceId } });
      await expectAllWell(await foreign());
      account(1, 0, 0);
    });
  }

  it("has its unit if the host has systemd's folder, and none is on a host without a keeper", async () => {
    const [first, second] = lab.hosts;
    await first!.ovs(`[ ! -d /etc/systemd/system ] || [ -f ${UNIT} ]`);
    await second!.ovs(`[ ! -e ${FOLDER} ] && [ ! -e ${UNIT} ]`);
    account(0, 0, 0);
  });

  it("stays while one resource asks for it, and is installed again when another does", async () => {
    const plain = new Driver(lab, "organization/plain/test");
    const out = { collector: { address: "192.0.2.200", type: "vxlan" } };
    const service = await plain.service("out", out);
    const flow = await plain.flow("web", service, { host: "host1", port: "tap-web" });
    await expectAllWell(await foreign());
    const without = {
      service: service.outputs.ref,
      host: { address: "host1", keeper: false },
      port: "tap-web",
    };
    expect(await plain.update(flow, without)).to.equal(false);
    await lab.host(1).ovs(`[ -f ${FOLDER}/taas-keeper ]`);
    await plain.destroy();
    await expectAllWell(await foreign());
    account(0, 0, 0);
  });

  it("is removed when no resource asks for it any more, and installed again, by updates that move nothing", async () => {
    const unkept = new Driver(lab, undefined, { hosts: { host1: { address: "host1" } } });
    const update = async (by: Driver) => {
      const { ids, inline } = made;
      const flow = (to: Made, more: object) => ({ service: to.outputs.ref, host: "host1", ...more });
      const mac = { mac: vm.inline.mac };
      const attachment = "integration-bridge";
      const changed = [
        await by.update(ids, { host: "host1", port: { ifaceId: vm.mon.ifaceId } }),
        await by.update(inline, { host: "host1", port: mac, attachment }),
        await by.update(made.web, flow(ids, { port: { ifaceId: vm.web.ifaceId } })),
        await by.update(made.db, flow(inline, { port: { vmUuid: vm.db.vmUuid } })),
        await by.update(made.far, flow(ids, { host: "host2", port: "tap-far" })),
      ];
      expect(changed).to.deep.equal([true, true, true, true, true]);
    };
    const theirs = await foreign();
    await keeper.stop();
    await update(unkept);
    await lab.host(1).ovs(`[ ! -e ${FOLDER} ] && [ ! -e ${UNIT} ]`);
    await expectAllWell(theirs);
    await update(driver);
    keeper = await KeeperProcess.start(lab.host(1));
    await expectAllWell(theirs);
    account(1, await restarted(), 0);
  });

  it("is removed without a trace when everything is destroyed", async () => {
    await driver.destroy();
    await keeper.stop();
    await lab.host(1).ovs(`[ ! -e ${FOLDER} ] && [ ! -e ${UNIT} ]`);
    await learn([vm.web, vm.db, vm.mon, vm.inline]);
    const left = (await baseline.differences()).filter((line) => !RENEWED.test(line));
    account(0, 0, left.length);
    expect(left).to.deep.equal([]);
  });
});
