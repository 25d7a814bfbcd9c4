import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused } from "./refused";

describe("services, flows and bridges that are refused", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
      { name: "ids3", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const ids = (args: Record<string, unknown> = {}) =>
    driver.service("ids", { host: "host2", port: "tap-ids", ...args });
  const onHost = (line: string) => lab.host(2).ovs(line);

  afterEach(() => driver.destroy());

  it("names both services when a tunnel id is taken, and the argument that resolves it", async () => {
    await ids({ tunnelId: 77 });
    await refused(() => driver.service("ids2", { host: "host2", port: "tap-ids2", tunnelId: 77 }), {
      code: "tunnel-id-taken",
      host: "host2",
      says: /tunnel id 77 belongs to organization\/driver\/test\/TapService\/ids /,
      hint: /another tunnelId/,
    });
  });

  it("accepts the other of two services with one tunnel id when both are created at once", async () => {
    const results = await Promise.allSettled([
      ids({ tunnelId: 78 }),
      driver.service("ids2", { host: "host2", port: "tap-ids2", tunnelId: 78 }),
    ]);
    const failed = results.filter((result) => result.status === "rejected");
    expect(failed.length).to.be.within(1, 2);
    for (const { reason } of failed) expect(reason).to.have.property("code", "tunnel-id-taken");
  });

  it("does not change a service's tunnel id to one that is taken", async () => {
    await ids({ tunnelId: 77 });
    const other = await driver.service("ids2", { host: "host2", port: "tap-ids2" });
    await refused(() => driver.update(other, { host: "host2", port: "tap-ids2", tunnelId: 77 }), {
      code: "tunnel-id-taken",
      host: "host2",
      says: /TapService\/ids /,
      hint: /tunnelId/,
    });
  });

  for (const [first, second] of [
    ["tap-bridge", "integration-bridge"],
    ["integration-bridge", "tap-bridge"],
  ]) {
    it(`refuses ${second} for a port that serves another service with ${first}`, async () => {
      await ids({ attachment: first });
      const other = () =>
        driver.service("other", { host: "host2", port: "tap-ids", attachment: second, tunnelId: 79 });
      await refused(other, {
        code: "monitor-attachment-differs",
        host: "host2",
        says: /tap-ids cannot have attachment \S+: it serves \S+\/TapService\/ids with attachment /,
        hint: /same attachment/,
      });
    });
  }

  it("names the host when a flow's service does not exist", async () => {
    const gone = await ids();
    const { ref } = gone.outputs;
    await driver.delete(gone);
    const flow = () => driver.create("TapFlow", "web", { service: ref, host: "host1", port: "tap-web" });
    await refused(flow, {
      code: "service-missing",
      host: "host2",
      says: /tap service \S+\/TapService\/ids with tunnel id \d+ is not on this host/,
      hint: /Create the TapService first/,
    });
  });

  it("keeps tenants apart unless the service lets others in", async () => {
    const one = await ids({ tenant: "red" });
    const flow = (tenant: string) => driver.flow("web", one, { host: "host1", port: "tap-web", tenant });
    await refused(() => flow("blue"), {
      code: "tenant-differs",
      host: "host2",
      says: /belongs to tenant red, the flow to tenant blue/,
      hint: /allowCrossTenant/,
    });
    await flow("red");
    await driver.update(one, { host: "host2", port: "tap-ids", tenant: "red", allowCrossTenant: true });
    await driver.flow("web2", one, { host: "host1", port: "tap-web", tenant: "blue" });
  });

  it("refuses the thirty-third Mirror, naming what holds the others", async () => {
    const one = await ids();
    const foreign = Array.from({ length: 31 }, (_, i) => i);
    const make = foreign.map((i) => `-- --id=@m${i} create Mirror name=acl${i}`).join(" ");
    const list = foreign.map((i) => `@m${i}`).join(",");
    await lab.host(1).ovs(`ovs-vsctl ${make} -- set Bridge br-int mirrors=${list}`);
    try {
      await driver.flow("web", one, { host: "host1", port: "tap-web" });
      const two = await driver.service("ids2", { host: "host2", port: "tap-ids2" });
      await refused(() => driver.flow("web2", two, { host: "host1", port: "tap-web" }), {
        code: "mirrors-exhausted",
        host: "host1",
        says: /br-int would have 33 Mirrors, .* at most 32: taas-\w+ for .*TapFlow\/web.*not ours: acl/,
        hint: /share a capture group/,
      });
    } finally {
      await driver.destroy();
      expect((await lab.host(1).ovs("ovs-vsctl get Bridge br-int mirrors")).split(",")).to.have.length(31);
      await lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors");
    }
  });

  it("says which bridge is missing, and how to name another", async () => {
    const host = { address: "host2", integrationBridge: "br-vms" };
    await refused(() => ids({ host }), {
      code: "bridge-missing",
      host: "host2",
      says: /there is no bridge br-vms \(there is .*br-int/,
      hint: /integrationBridge/,
    });
  });

  it("has one tap bridge per machine, so that two programs do not undo each other's changes", async () => {
    const one = await ids();
    await driver.flow("web", one, { host: "host1", port: "tap-web" });
    for (const address of ["host1", "host2-alias"]) {
      const other = new Driver(lab, "organization/other/test");
      const host = { address, tapBridge: "br-copies" };
      await refused(
        () => other.tunnel("way", { hosts: [host, address === "host1" ? "host2" : "host1"], udpPort: 15000 }),
        {
          code: "tap-bridge-differs",
          host: address,
          says: /the tap bridge of this machine is br-tap, not br-copies/,
          hint: /tapBridge/,
        },
      );
    }
  });

  it("leaves a bridge named br-tap alone that it did not create, and uses another name", async () => {
    await onHost(`ovs-vsctl add-br br-tap -- set Bridge br-tap datapath_type=${DATAPATH}`);
    await onHost("ovs-ofctl add-flow br-tap priority=7,actions=NORMAL");
    await refused(() => ids(), {
      code: "tap-bridge-foreign",
      host: "host2",
      says: /bridge br-tap exists and was not created by pulumi-taas/,
      hint: /tapBridge/,
    });
    const host = { address: "host2", tapBridge: "br-copies" };
    const before = await onHost("ovs-ofctl dump-flows br-tap --no-stats");
    await driver.destroy();
    const other = await ids({ host });
    expect(await onHost("ovs-vsctl port-to-br tap-ids")).to.equal("br-copies\n");
    await driver.delete(other);
    expect(await onHost("ovs-ofctl dump-flows br-tap --no-stats")).to.equal(before);
    await onHost("ovs-vsctl del-br br-tap");
  });
});
