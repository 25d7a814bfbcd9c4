import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { skipForLackOf } from "../../lacking";
import { account } from "./hosts";
import { FOLDER, KeeperProcess, until, untilAllCopied } from "./keeperProcess";

const KEPT = { host1: { address: "host1", keeper: true } };
/** Each under the name `awk`, as the host's own awk. */
const AWKS = ["/usr/bin/mawk", "/usr/bin/gawk", "/usr/bin/busybox"];

describe("a host's keeper", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon" | "twin", Vm>;
  let made: Made[];

  before(async () => {
    const mac = "fa:16:3e:00:01:00";
    const doubles = ["mon", "twin"].map((name) => ({ name, host: 1, mac }));
    lab = await startLab({
      hosts: 1,
      vms: [...["web", "db"].map((name) => ({ name, host: 1 })), ...doubles],
    });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    await vm.twin.unplug();
    driver = new Driver(lab, undefined, { hosts: KEPT });
    const ids = await driver.service("ids", { host: "host1", port: { mac: vm.mon.mac } });
    const args = {
      host: "host1",
      port: { ifaceId: vm.web.ifaceId },
      rateLimit: { packetsPerSecond: 5_000 },
      sampling: { oneIn: 1 },
      until: new Date(Date.now() + 3_600_000).toISOString(),
    };
    made = [ids, await driver.flow("web", ids, args)];
  });
  after(() => lab?.stop());

  it("leaves everything as it is if nothing is wrong, including rules about fragments", async () => {
    const host = lab.host(1);
    expect(await host.ovs("ovs-ofctl -O OpenFlow14 dump-flows br-tap")).to.contain("nw_frag=yes");
    expect(await host.ovs(`sh ${FOLDER}/taas-keeper once 2>&1`)).to.equal("");
  });

  it("leaves a VM with the monitor's MAC and another iface-id where it was plugged", async () => {
    const host = lab.host(1);
    const places = async () => {
      await host.ovs(`sh ${FOLDER}/taas-keeper once`);
      return host.ovs("for port in tap-twin tap-mon; do ovs-vsctl port-to-br $port || echo none; done");
    };
    await vm.mon.unplug();
    await vm.twin.plug();
    expect(await places()).to.equal("br-int\nnone\n");
    await vm.mon.plug();
    expect(await places()).to.equal("br-int\nbr-tap\n");
    await vm.twin.unplug();
  });

  for (const path of AWKS) {
    it(`restores rules, a meter, a monitor and a member with ${path}`, async function () {
      const host = lab.host(1);
      if ((await host.run(["test", "-x", path])).exitCode !== 0) return skipForLackOf(this, path);
      await host.ovs(`mount --bind ${path} "$(readlink -f /usr/bin/awk)"`);
      const keeper = await KeeperProcess.start(host);
      try {
        const since = performance.now();
        await host.restartVswitchd();
        for (const each of [vm.mon, vm.web]) {
          await each.unplug();
          await each.plug();
        }
        await until(async () => (await host.ovs("ovs-vsctl port-to-br tap-mon")) === "br-tap\n");
        account(1, await untilAllCopied([[vm.web, vm.db, vm.mon]], since, "all of it went"), 0);
        for (const each of made) {
          await driver.read(each);
          expect(each.outputs.status, each.name).to.equal("active");
        }
      } finally {
        await keeper.stop();
        await host.ovs('umount "$(readlink -f /usr/bin/awk)"');
      }
    });
  }
});
