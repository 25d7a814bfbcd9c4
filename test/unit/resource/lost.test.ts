import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import { monitorPort } from "../../../provider/resource/monitorPort";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { memoryHosts } from "./memoryHosts";

/** The same hosts, of which some are declared gone. */
function without(context: Context, ...names: string[]): Context {
  const present = (record: HostRecord) => ({ ...record, ...(names.includes(record.name) && { gone: true }) });
  return { ...context, presentHost: present };
}

describe("a resource of which a host is declared gone", () => {
  let context: Context;

  beforeEach(() => {
    context = memoryHosts(["mon", "web"].map((name) => ({ name })));
  });

  async function create(resource: Resource, kind: string, args: Properties): Promise<Properties> {
    const { inputs, failures } = resource.check(context, {}, { owner: `o/p/s/${kind}/x`, ...args });
    expect(failures).to.deep.equal([]);
    return (await resource.create(context, inputs)).outs;
  }

  async function statusOf(resource: Resource, outs: Properties, ...gone: string[]): Promise<unknown> {
    const { props } = await resource.read(without(context, ...gone), "id", outs);
    expect(
      resource.diff({ ...outs, ...props }, outs).changes,
      "nothing that an update could repair",
    ).to.equal(false);
    return props!.status;
  }

  it("is lost if it was on that host", async () => {
    const ids = await create(tapService, "TapService", { host: "host2", port: "mon" });
    const port = await create(monitorPort, "MonitorPort", { host: "host2" });
    const lost = "lost (host2 is declared gone)";
    expect(await statusOf(tapService, ids, "host2")).to.equal(lost);
    expect(await statusOf(monitorPort, port, "host2")).to.equal(lost);
    expect(await statusOf(tapService, ids, "host1")).to.equal("active");
  });

  it("is lost if it copies from or to that host", async () => {
    const { ref } = await create(tapService, "TapService", { host: "host2", port: "mon" });
    const web = await create(tapFlow, "TapFlow", { service: ref, host: "host1", port: "web" });
    expect(await statusOf(tapFlow, web, "host1")).to.equal("lost (host1 is declared gone)");
    expect(await statusOf(tapFlow, web, "host2")).to.equal("lost (host2 is declared gone)");
    expect(await statusOf(tapFlow, web, "host1", "host2")).to.equal("lost (host1, host2 are declared gone)");
    expect(await statusOf(tapFlow, web, "host3")).to.equal("active");
  });

  it("is lost if it is a tunnel that no longer leads anywhere", async () => {
    const hosts = ["host1", "host2", "host3"];
    const pair = await create(mirrorTunnel, "MirrorTunnel", { hosts: hosts.slice(1) });
    const mesh = await create(mirrorTunnel, "MirrorTunnel", { owner: "o/p/s/m", hosts, mode: "mesh" });
    expect(await statusOf(mirrorTunnel, pair, "host3")).to.equal("lost (host3 is declared gone)");
    expect(await statusOf(mirrorTunnel, mesh, "host3")).to.equal("active");
    expect(await statusOf(mirrorTunnel, mesh, "host2", "host3")).to.match(/^lost/);
  });

  it("is not lost if it has another candidate", async () => {
    const hosts = ["host1", "host2"];
    const ids = await create(tapService, "TapService", { hosts: ["host2"], port: "mon" });
    expect(await statusOf(tapService, { ...ids, hosts: hosts.map(named) }, "host1")).to.equal("active");
  });
});

function named(name: string): HostRecord {
  return { name, address: name };
}
