import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { sortedHex, udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { between, type Vm } from "../../lab/vm";
import { broadcast } from "../copies/traffic";
import { expectRefused, failureOf } from "./refused";

describe("ports that cannot be used", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1, vmUuid: "5c8e2b8e-0000-4000-8000-000000000001" },
        { name: "db2", host: 1, vmUuid: "5c8e2b8e-0000-4000-8000-000000000001" },
        { name: "ids", host: 2 },
        { name: "spare", host: 2 },
      ],
    });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  afterEach(() => driver.destroy());

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const monitor = () => driver.service("ids", { host: "host2", port: "tap-ids" });

  it("lists the existing ports when a monitor's is missing", () =>
    refused(() => driver.service("ids", { host: "host2", port: "tap-idz", attachTimeout: 0 }), {
      code: "port-missing",
      host: "host2",
      says: /^monitor port "tap-idz" is not plugged into br-int; ports there: tap-ids \(iface-id=.*attached-mac=.*vm-uuid=.*\); tap-spare \([^;]*\)$/,
      hint: /attachTimeout/,
    }));

  it("lists the existing ports when a source's is missing", async () => {
    const ids = await monitor();
    await refused(
      () => driver.flow("web", ids, { host: "host1", port: { ifaceId: "nope" }, attachTimeout: 0 }),
      {
        code: "port-missing",
        host: "host1",
        says: /^source port with iface-id nope is not plugged into br-int; ports there: tap-db \(.*; tap-db2 \(.*; tap-web [^;]*$/,
        hint: /Check the name, or start the VM/,
      },
    );
  });

  for (const type of ["internal", "tap", "dpdkvhostuser"]) {
    it(`does not move a monitor of type ${type}, which would be cut off by that`, async () => {
      // Without DPDK a port of its types has no number, and a row all the same.
      await lab.host(2).ovs(`ovs-vsctl add-port br-int mon -- set Interface mon type=${type} || true`);
      await refused(() => driver.service("mon", { host: "host2", port: "mon" }), {
        code: "monitor-immovable",
        host: "host2",
        says: new RegExp(
          `^monitor port mon is of type ${type}: a move to br-tap would delete what Open vSwitch created for it`,
        ),
        hint: /attachment: "integration-bridge", or .* a veth pair/,
      });
      await lab.host(2).ovs("ovs-vsctl del-port mon");
    });
  }

  it("accepts a monitor of type internal where it is", async () => {
    await lab.host(2).ovs(`ovs-vsctl add-port br-int mon tag=20 -- set Interface mon type=internal
ip netns add inner; ip link set mon netns inner; ip -n inner link set mon up`);
    const before = await lab.host(2).ovs("ip -n inner -json link show mon");
    const ids = await driver.service("mon", {
      host: "host2",
      port: "mon",
      attachment: "integration-bridge",
    });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const copies = async () =>
      Number(await lab.host(2).ovs("ip netns exec inner cat /sys/class/net/mon/statistics/rx_packets"));
    const already = await copies();
    await lab.vm("web").send(Array.from({ length: 10 }, () => broadcast(lab.vm("web"))));
    while ((await copies()) - already < 10) await sleep(20);
    expect((await copies()) - already).to.equal(10);
    await driver.destroy();
    expect(await lab.host(2).ovs("ip -n inner -json link show mon")).to.equal(before);
    await lab.host(2).ovs("ovs-vsctl del-port mon; ip netns del inner");
  });

  it("caps no copies if Open vSwitch would drop production with them", async () => {
    const ids = await monitor();
    const port = { host: "host1", port: "tap-web" };
    const cap = { rateLimit: { kbps: 1_000 } };
    const version = await lab.host(1).ovs("ovs-vsctl get Open_vSwitch . ovs_version");
    const refusal = {
      code: "rate-limit-unsafe",
      host: "host1",
      says: /^Open vSwitch 2\.15\.0 would also drop production frames/,
      hint: /Update Open vSwitch on the host \(.*2\.15\.4/,
    };
    await lab.host(1).ovs("ovs-vsctl set Open_vSwitch . ovs_version=2.15.0");
    try {
      await refused(() => driver.flow("web", ids, { ...port, ...cap }), refusal);
      const web = await driver.flow("web", ids, port);
      const service = ids.outputs.ref;
      await refused(() => driver.update(web, { service, ...port, ...cap }), refusal);
      await lab.host(1).ovs("ovs-vsctl set Open_vSwitch . ovs_version=2.15.4");
      expect(await driver.update(web, { service, ...port, ...cap })).to.equal(true);
    } finally {
      await lab.host(1).ovs(`ovs-vsctl set Open_vSwitch . ovs_version=${version}`);
    }
  });

  it("waits as long as attachTimeout says and no longer", async () => {
    const started = performance.now();
    const error = await failureOf(
      driver.service("ids", { host: "host2", port: "tap-late", attachTimeout: 1 }),
    );
    expect(error).to.have.property("code", "port-missing");
    expect(performance.now() - started, "far from the default of a minute").to.be.within(1000, 20_000);

    const late = driver.service("ids", { host: "host2", port: "tap-late", attachTimeout: 20 });
    await lab.addVm({ name: "late", host: 2 });
    expect((await late).outputs.portName).to.equal("tap-late");
  });

  it("refuses a bond at once, for a source and for a monitor, by its name or an interface's", async () => {
    const everywhere = (line: string) => Promise.all(lab.hosts.map((host) => host.ovs(line)));
    await everywhere("for name in bd0 bd1; do ip tuntap add $name mode tap || exit; done");
    await everywhere("ovs-vsctl add-bond br-int bond0 bd0 bd1");
    try {
      const ids = await monitor();
      const started = performance.now();
      const says = (role: string, name: string, use: string) =>
        new RegExp(
          `^${role} port "${name}" is a bond: bond0 has the interfaces bd0, bd1, and only a port with one interface can ${use}`,
        );
      const refusal = { code: "port-bond", hint: /Name a port with one interface/ };
      for (const name of ["bond0", "bd1"]) {
        await refused(() => driver.flow("bond", ids, { host: "host1", port: name }), {
          ...{ ...refusal, host: "host1" },
          says: says("source", name, "be tapped"),
        });
        await refused(() => driver.service("bond", { hosts: ["host2", "host1"], port: name }), {
          ...{ ...refusal, host: "host2" },
          says: says("monitor", name, "be a monitor"),
        });
      }
      expect(performance.now() - started).to.be.below(20_000);
    } finally {
      await everywhere("ovs-vsctl del-port br-int bond0 && ip link del bd0 && ip link del bd1");
    }
  });

  it("lists a VM's ports when it has several and none is chosen", async () => {
    const ids = await monitor();
    const vmUuid = "5c8e2b8e-0000-4000-8000-000000000001";
    for (const place of [{ host: "host1" }, { hosts: ["host2", "host1"] }]) {
      const started = performance.now();
      await refused(() => driver.flow("db", ids, { ...place, port: { vmUuid } }), {
        code: "port-ambiguous",
        host: "host1",
        says: /^source port of VM 5c8e2b8e\S+ is ambiguous: tap-db .*; tap-db2 /,
        hint: /vnic/,
      });
      expect(performance.now() - started, "at once").to.be.below(20_000);
    }
    const second = await driver.flow("db", ids, { host: "host1", port: { vmUuid, vnic: 1 } });
    expect(second.outputs.portName).to.equal("tap-db2");
  });

  it("does not tap a monitor", async () => {
    const ids = await monitor();
    await refused(() => driver.flow("loop", ids, { host: "host2", port: "tap-ids" }), {
      code: "source-is-monitor",
      host: "host2",
      says: /port tap-ids is the monitor of organization\/driver\/test\/TapService\/ids/,
      hint: /Tap another port/,
    });
  });

  it("does not make a tapped port a monitor, on either attachment", async () => {
    const ids = await monitor();
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    for (const attachment of ["tap-bridge", "integration-bridge"]) {
      await refused(() => driver.service("web", { host: "host1", port: "tap-web", attachment }), {
        code: "monitor-is-source",
        host: "host1",
        says: /port tap-web is tapped by organization\/driver\/test\/TapFlow\/web/,
        hint: /delete that TapFlow/,
      });
    }
  });

  it("does not tap a monitor on the integration bridge either", async () => {
    const inline = await driver.service("inline", {
      host: "host2",
      port: "tap-ids",
      attachment: "integration-bridge",
    });
    await refused(() => driver.flow("loop", inline, { host: "host2", port: "tap-ids" }), {
      code: "source-is-monitor",
      host: "host2",
      says: /tap-ids is the monitor of/,
      hint: /Tap another port/,
    });
  });

  it("does not take the output of somebody else's Mirror away, and copies to it where it is", async () => {
    const host = lab.host(2);
    await host.ovs(`ovs-vsctl -- --id=@from get Port tap-ids -- --id=@to get Port tap-spare -- \\
--id=@m create Mirror name=theirs select_src_port=@from output_port=@to -- add Bridge br-int mirrors @m`);
    const spare = { host: "host2", port: "tap-spare" };
    await refused(() => driver.service("spare", spare), {
      code: "monitor-is-output",
      host: "host2",
      says: /^monitor port tap-spare is the output of Mirror theirs, whose copies it would not receive after a move to br-tap/,
      hint: /^Set attachment: "integration-bridge", so that it receives both/,
    });
    const inline = await driver.service("spare", { ...spare, attachment: "integration-bridge" });
    await driver.flow("web", inline, { host: "host1", port: "tap-web", direction: "egress" });
    const [web, db, ids] = ["web", "db", "ids"].map((name) => lab.vm(name)) as [Vm, Vm, Vm];
    const capture = await lab.vm("spare").capture();
    const frames = [udp({ ...between(web, db), sourcePort: 1, destinationPort: 2 }), broadcast(ids)];
    await web.send([frames[0]!]);
    await ids.send([frames[1]!]);
    await capture.settle({ frames: 2 });
    expect(sortedHex(await capture.stop())).to.deep.equal(sortedHex(frames));
    await host.ovs("ovs-vsctl -- --id=@m get Mirror theirs -- remove Bridge br-int mirrors @m");
  });

  it("leaves a service unchanged for which another monitor is refused", async () => {
    const ids = await monitor();
    await driver.flow("spare", ids, { host: "host2", port: "tap-spare" });
    await refused(() => driver.update(ids, { host: "host2", port: "tap-spare" }), {
      code: "monitor-is-source",
      host: "host2",
      says: /tap-spare is tapped by/,
      hint: /Choose another port/,
    });
  });

  it("changes nothing on the monitor's host when only the source's refuses", async () => {
    const ids = await monitor();
    const before = await lab.host(2).snapshot();
    const error = await failureOf(
      driver.flow("nobody", ids, { host: "host1", port: "tap-nobody", attachTimeout: 0 }),
    );
    expect(error).to.have.property("code", "port-missing");
    expect(diffSnapshots(before, await lab.host(2).snapshot())).to.deep.equal([]);
  });
});
