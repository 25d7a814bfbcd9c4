import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, type Refusal } from "../lifecycle/refused";

const UUID = "ab0d5a4c-7b7a-4f0e-9a57-2c1e39f3b1d7";

describe("a monitor port is refused before anything is written", () => {
  let lab: Lab;
  let driver: Driver;
  let theirs: Driver;

  before(async () => {
    lab = await startLab({ hosts: 1, vms: [{ name: "web", host: 1 }] });
    [driver, theirs] = [new Driver(lab), new Driver(lab, "organization/driver/theirs")];
    await theirs.monitorPort("first", { host: "host1", name: "suricata0" });
    await theirs.monitorPort("vm", { host: "host1", type: "attach", ifaceId: UUID });
    await lab.host(1).ovs("ip link add dummy7 type dummy || ip link add dummy7 type bridge");
  });

  after(() => lab?.stop());

  const cases: [what: string, args: object, refusal: Omit<Refusal, "host">][] = [
    [
      "with the name of a VM's port",
      { name: "tap-web" },
      {
        code: "monitor-port-taken",
        says: /port "tap-web" is taken by a port of br-int, tap-web \(iface-id=/,
        hint: /another name/,
      },
    ],
    [
      "with the name of another stack's",
      { name: "suricata0" },
      {
        code: "monitor-port-taken",
        says: /is the monitor port of organization\/driver\/theirs\/MonitorPort\/first/,
        hint: /another name/,
      },
    ],
    [
      "with the name of a device that Open vSwitch has not",
      { name: "dummy7" },
      {
        code: "monitor-port-taken",
        says: /port "dummy7" is taken by a network device of the host/,
        hint: /another name/,
      },
    ],
    [
      "with the name of a bridge",
      { name: "br-tap" },
      { code: "monitor-port-taken", says: /is the tap bridge/, hint: /another name/ },
    ],
    [
      "with an iface-id that another stack's has",
      { type: "attach", ifaceId: UUID },
      {
        code: "monitor-port-taken",
        says: /is the monitor port of .*MonitorPort\/vm/,
        hint: /another ifaceId/,
      },
    ],
    [
      "as a socket where Open vSwitch has no DPDK",
      { type: "vhost-user" },
      { code: "no-dpdk", says: /runs without DPDK/, hint: /dpdk-init=true/ },
    ],
  ];
  for (const [what, args, refusal] of cases) {
    it(what, () =>
      expectRefused(lab.hosts, () => driver.monitorPort("sensor", { host: "host1", ...args }), {
        ...refusal,
        host: "host1",
      }),
    );
  }

  it("and so are a tap of it, and a service on it by the integration bridge", async () => {
    await expectRefused(
      lab.hosts,
      () => driver.service("ids", { host: "host1", port: "suricata0", attachment: "integration-bridge" }),
      { code: "monitor-attachment-differs", host: "host1", says: /always on br-tap/, hint: /tap-bridge/ },
    );
    const service = await driver.service("ids", { host: "host1", port: "tap-web" });
    await expectRefused(lab.hosts, () => driver.flow("loop", service, { host: "host1", port: "suricata0" }), {
      code: "source-is-monitor",
      host: "host1",
      says: /suricata0 is the monitor port .*first and cannot be tapped/,
      hint: /another port/,
    });
    const absent = () => driver.flow("early", service, { host: "host1", port: { ifaceId: UUID } });
    await expectRefused(lab.hosts, absent, {
      ...{ code: "source-is-monitor", host: "host1", hint: /another port/ },
      says: /port with iface-id \S+ is the monitor port .*vm and cannot be tapped/,
    });
  });
});
