import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { StreamResult } from "../../lab/stream";
import { tunnelPorts } from "./tunnelPorts";

const PRODUCTION = 4789;

describe("flows and explicit tunnels that are created and deleted", () => {
  let lab: Lab;
  let driver: Driver;
  let tunnels: Driver;
  let ids: Made;
  let web: Made;
  const source = { host: "host1", port: "tap-web", direction: "egress" };

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "peer", host: 1 },
      { name: "app", host: 3 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 3, vms });
    driver = new Driver(lab);
    ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    web = await driver.flow("web", ids, source);
  });

  after(() => lab.stop());

  beforeEach(() => {
    tunnels = new Driver(lab, "organization/network/prod");
  });

  afterEach(() => tunnels.destroy());

  /** Runs a tapped stream while the work is done, and expects each of its frames once at the monitor. */
  const copied = async (work: () => Promise<unknown>, watched = "web"): Promise<StreamResult> => {
    const [from, to] = [lab.vm(watched), lab.vm("peer")];
    const stream = await lab.startStream({ from, to, watchers: [lab.vm("ids")], pps: 200 });
    let result: StreamResult | undefined;
    try {
      await work();
    } finally {
      result = await stream.stop();
    }
    expect(result.lost, "lost by production").to.deep.equal([]);
    const { received, lost, duplicated } = result.at.ids!;
    expect({ received, lost, duplicated }).to.deep.equal({ received: result.sent, lost: [], duplicated: [] });
    expect(result.sent).to.be.greaterThan(0);
    return result;
  };

  /** UDP ports that the copies of a few frames take between the hosts; production floods frames to a VM it has not heard. */
  const wirePorts = async (): Promise<number[]> => {
    const wire = await lab.host(2).captureUnderlay();
    await copied(() => sleep(200));
    const ports = (await wire.stop())
      .filter((frame) => frame.readUInt16BE(12) === 0x0800 && frame[23] === 17)
      .map((frame) => frame.readUInt16BE(36));
    return [...new Set(ports)].filter((port) => port !== PRODUCTION);
  };

  const between = (hosts: number[], type: string) =>
    hosts.map((host) => `${type} 192.0.2.${10 + hosts[0]!} -> 192.0.2.${10 + host}`).slice(1);
  const pair = (args: Record<string, unknown>) => ({ hosts: ["host1-alias", "host2"], ...args });

  it("use the automatic one when there is no other", async () => {
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 14789"));
    expect(await wirePorts()).to.deep.equal([14789]);
  });

  it("move to a pair with another UDP port and back, and lose no copy", async () => {
    let way: Made | undefined;
    await copied(async () => {
      way = await tunnels.tunnel("way", pair({ udpPort: 15001 }));
    });
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 15001"));
    expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1], "vxlan 15001"));
    expect(await wirePorts()).to.deep.equal([15001]);
    await copied(() => tunnels.update(way!, pair({ udpPort: 15002, type: "geneve" })));
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "geneve 15002"));
    expect(await wirePorts()).to.deep.equal([15002]);
    await copied(() => tunnels.update(way!, pair({ type: "gre" })));
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "gre -"));
    await copied(() => tunnels.delete(way!));
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 14789"));
    expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1], "vxlan 14789"));
  });

  for (const mode of ["pair", "mesh"]) {
    it(`stay with a ${mode} that changes its type on the same UDP port, and back`, async () => {
      const way = await tunnels.tunnel("way", pair({ mode, udpPort: 15003 }));
      for (const type of ["geneve", "vxlan"]) {
        await copied(() => tunnels.update(way, pair({ mode, type, udpPort: 15003 })));
        expect(await wirePorts(), type).to.deep.equal([15003]);
      }
    });
  }

  it("stay with the tunnel that they name when it changes its type on the same UDP port, and back", async () => {
    const args = { hosts: ["host2", "host3"], udpPort: 15004 };
    const way = await tunnels.tunnel("way", args);
    const ofApp = { host: "host3", port: "tap-app", direction: "egress" };
    const named = () => ({ ...ofApp, service: ids.outputs.ref, tunnel: way.outputs.ref });
    const flow = await tunnels.flow("app", ids, named());
    for (const type of ["geneve", "vxlan"]) {
      await tunnels.update(way, { ...args, type });
      await copied(() => sleep(200), "app");
      expect(await tunnelPorts(lab.host(3))).to.deep.equal(between([3, 2], `${type} 15004`));
      await copied(() => tunnels.update(flow, named()), "app");
      expect(await tunnelPorts(lab.host(3))).to.deep.equal(between([3, 2], `${type} 15004`));
    }
  });

  it("leave a mesh that their host leaves, and lose no copy", async () => {
    const flow = await tunnels.flow("app", ids, { host: "host3", port: "tap-app", direction: "egress" });
    const mesh = { mode: "mesh", udpPort: 15005 };
    const way = await tunnels.tunnel("mesh", { hosts: ["host1", "host2", "host3"], ...mesh });
    await copied(() => tunnels.update(way, { hosts: ["host1", "host2"], ...mesh }), "app");
    expect(await tunnelPorts(lab.host(3))).to.deep.equal(between([3, 2], "vxlan 14789"));
    await tunnels.delete(flow);
    expect(await lab.host(3).ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });

  for (const bfd of [false, true]) {
    it(`leave a pair that their monitor's host leaves${bfd ? ", with BFD" : ""}, and lose no copy`, async () => {
      const args = { udpPort: 15006, bfd };
      const way = await tunnels.tunnel("way", pair(args));
      await copied(() => tunnels.update(way, { hosts: ["host1", "host3"], ...args }));
      expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1], "vxlan 14789"));
      await copied(() => tunnels.update(way, pair(args)));
      expect(await wirePorts()).to.deep.equal([15006]);
    });
  }

  it("move from an automatic one to a Geneve tunnel without a given UDP port, and back", async () => {
    const way = await tunnels.tunnel("way", pair({ type: "geneve" }));
    expect(await wirePorts()).to.deep.equal([14790]);
    await tunnels.delete(way);
    expect(await wirePorts()).to.deep.equal([14789]);
  });

  it("use the automatic one when a tunnel of another type on its UDP port is deleted or changed", async () => {
    await driver.delete(web);
    const given = pair({ type: "geneve", udpPort: 14789 });
    for (const goes of ["is changed", "is deleted"]) {
      const way = await tunnels.tunnel("way", given);
      web = await driver.flow("web", ids, source);
      expect(await wirePorts()).to.deep.equal([14789]);
      if (goes === "is changed") {
        await tunnels.update(way, pair({ type: "geneve" }));
        expect(await wirePorts(), goes).to.deep.equal([14790]);
      }
      await tunnels.delete(way);
      expect(await wirePorts(), goes).to.deep.equal([14789]);
      expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1], "vxlan 14789"));
      await driver.delete(web);
    }
    web = await driver.flow("web", ids, source);
  });

  it("stay with the automatic one when an explicit one is the same on the wire", async () => {
    let way: Made | undefined;
    await copied(async () => {
      way = await tunnels.tunnel("same", pair({}));
    });
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 14789"));
    await copied(() => tunnels.delete(way!));
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 14789"));
  });

  it("share one port per host of a mesh, to which they move and from which they return without a loss", async () => {
    const flow = await tunnels.flow("app", ids, { host: "host3", port: "tap-app", direction: "egress" });
    expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1, 3], "vxlan 14789"));
    const hosts = ["host1", "host2-alias", "host3"];
    let mesh: Made | undefined;
    await copied(async () => {
      mesh = await tunnels.tunnel("mesh", { hosts, mode: "mesh", udpPort: 15010 });
    });
    for (const host of [1, 2, 3]) {
      expect(await tunnelPorts(lab.host(host))).to.deep.equal([`vxlan 15010 192.0.2.${10 + host} -> flow`]);
    }
    await copied(() => sleep(200), "app");
    expect(await wirePorts()).to.deep.equal([15010]);

    let way: Made | undefined;
    await copied(async () => {
      way = await tunnels.tunnel("way", pair({ udpPort: 15011 }));
    });
    expect(await wirePorts(), "a pair is preferred").to.deep.equal([15011]);
    await copied(async () => {
      await tunnels.update(mesh!, { hosts: ["host2", "host3"], mode: "mesh", udpPort: 15010 });
      await tunnels.delete(way!);
    });
    expect(await wirePorts(), "host1 is no member any more").to.deep.equal([14789]);
    expect(await tunnelPorts(lab.host(1))).to.deep.equal(between([1, 2], "vxlan 14789"));
    await copied(() => tunnels.delete(mesh!), "app");
    expect(await tunnelPorts(lab.host(2))).to.deep.equal(between([2, 1, 3], "vxlan 14789"));
    await tunnels.delete(flow);
    expect(await tunnelPorts(lab.host(3))).to.deep.equal([]);
  });

  it("leave nothing when they are deleted", async () => {
    await driver.destroy();
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
