import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { Systemd } from "../../lab/systemd";
import type { Vm } from "../../lab/vm";
import { skipForLackOf } from "../../lacking";
import { account } from "./hosts";
import { FOLDER, UNIT, until, untilAllCopied } from "./keeperProcess";

const SERVICE = "taas-keeper.service";
const KEPT = { host1: { address: "host1", keeper: true } };

describe("a host's keeper, run by systemd", function () {
  this.timeout(60_000);
  let lab: Lab;
  let systemd: Systemd | undefined;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon", Vm>;
  let made: Record<"ids" | "web", Made>;

  before(async function () {
    lab = await startLab({ hosts: 1, vms: ["web", "db", "mon"].map((name) => ({ name, host: 1 })) });
    systemd = await Systemd.start(lab.host(1));
    if (systemd === undefined) return skipForLackOf(this, "a systemd that can be booted in a namespace");
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    driver = new Driver(lab, undefined, { hosts: KEPT });
    const ids = await driver.service("ids", { host: "host1", port: "tap-mon" });
    made = { ids, web: await driver.flow("web", ids, { host: "host1", port: "tap-web" }) };
  });
  after(async () => {
    await systemd?.stop();
    await lab?.stop();
  });

  const shown = (property: string) => lab.host(1).ovs(`systemctl show --value -p ${property} ${SERVICE}`);

  /** Its watchers: numbers and commands, a line each. */
  function watchers(): Promise<string> {
    return lab.host(1).ovs(`
for number in $(find /run/cgroup/${lab.host(1).namespace}/system.slice/${SERVICE} -name cgroup.procs -exec cat {} +); do
  echo "$number $(tr '\\0' ' ' < /proc/$number/cmdline)"
done | grep -E ' ovs(db-client|-ofctl) .*monitor' | sort`);
  }

  async function status(): Promise<unknown> {
    await driver.read(made.ids);
    return made.ids.outputs.status;
  }

  it("runs and is enabled, and may do what it needs to wait without a pause", async () => {
    expect(await lab.host(1).ovs(`systemctl is-active ${SERVICE}; systemctl is-enabled ${SERVICE}`)).to.equal(
      "active\nenabled\n",
    );
    await until(async () => (await watchers()).split("\n").filter(Boolean).length === 4);
    const before = await watchers();
    await sleep(2000);
    expect(await watchers()).to.equal(before);
    expect(await shown("NRestarts")).to.equal("0\n");
    expect(await status()).to.equal("active");
    account(0, 0, 0);
  });

  it("restores the rules after ovs-vswitchd was killed and started", async () => {
    await lab.host(1).killVswitchd();
    const since = performance.now();
    await lab.host(1).startVswitchd();
    const missed = await untilAllCopied([[vm.web, vm.db, vm.mon]], since, "ovs-vswitchd was started");
    expect(await status()).to.equal("active");
    account(1, missed, 0);
  });

  it("restores how fragments are handled, which Open vSwitch's own saving and restoring of rules leaves out", async () => {
    const host = lab.host(1);
    const frags = () => host.ovs("ovs-ofctl get-frags br-tap");
    await host.ovs(`
systemctl stop ${SERVICE}
TMPDIR=/run /usr/share/openvswitch/scripts/ovs-save save-flows br-tap > /run/restore`);
    await host.restartVswitchd();
    await host.ovs("sh /run/restore");
    expect(await frags()).to.equal("normal\n");
    await driver.read(made.web);
    expect(made.web.outputs.status).to.contain("bridge br-tap handles fragments as normal");
    expect(made.web.outputs.status).not.to.contain("rule");
    await host.ovs(`systemctl start ${SERVICE}`);
    await until(async () => (await frags()) === "nx-match\n");
    expect(await status()).to.equal("active");
    account(1, 0, 0);
  });

  it("moves a monitor and a member back that were plugged again", async () => {
    for (const each of [vm.mon, vm.web]) {
      await each.unplug();
      await each.plug();
    }
    const since = performance.now();
    // On br-int the monitor gets what is flooded there, and no copy.
    await until(async () => (await lab.host(1).ovs("ovs-vsctl port-to-br tap-mon")) === "br-tap\n");
    const missed = await untilAllCopied([[vm.web, vm.db, vm.mon]], since, "both were plugged");
    await until(async () => (await status()) === "active");
    account(1, missed, 0);
  });

  it("is started again by systemd when it is killed", async () => {
    await lab.host(1).ovs(`systemctl kill --signal=KILL ${SERVICE}`);
    await until(async () => (await shown("NRestarts")) === "1\n");
    await until(async () => (await watchers()).split("\n").filter(Boolean).length === 4);
    account(0, 0, 0);
  });

  it("is drift when it was stopped or disabled, and an update repairs it", async () => {
    for (const done of ["stop", "disable"]) {
      await lab.host(1).ovs(`systemctl --quiet ${done} ${SERVICE}`);
      expect(await status()).to.equal("drifted: host host1: the keeper's service is not running");
      await driver.update(made.ids, { host: "host1", port: "tap-mon" });
      expect(await status()).to.equal("active");
    }
    account(0, 0, 0);
  });

  it("is removed without a trace with the last resource", async () => {
    await driver.destroy();
    const { exitCode } = await lab.host(1).run(["systemctl", "status", SERVICE]);
    expect(exitCode).to.equal(4); // LSB: no such service
    await lab
      .host(1)
      .ovs(
        `[ ! -e ${FOLDER} ] && [ ! -e ${UNIT} ] && [ ! -e /etc/systemd/system/multi-user.target.wants/${SERVICE} ]`,
      );
    account(0, 0, 0);
  });
});
