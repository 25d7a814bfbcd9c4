import { expect } from "chai";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import type { ObservedPort } from "../model/observed";
import { memoryHosts } from "./memoryHosts";

const HOSTS = ["rack1", "rack2", "rack3"];

/** A VM's port as its cloud writes it. */
function plugged(name: string, ifaceId: string, status: "active" | "inactive" = "active"): ObservedPort {
  return { name, nic: { externalIds: { "iface-id": ifaceId, "iface-status": status } } };
}

describe("a refresh of a resource with candidates for its host", () => {
  let context: Context;
  let ports: Record<string, ObservedPort[]>;

  beforeEach(() => {
    ports = { rack1: [plugged("tap-web", "web")], rack2: [plugged("tap-ids", "ids")], rack3: [] };
    context = memoryHosts(({ name }) => ports[name]!);
  });

  const inputsOf = (resource: Resource, args: Properties, olds: Properties = {}) =>
    resource.check(context, olds, args).inputs;
  const service = { hosts: HOSTS, port: { ifaceId: "ids" }, owner: "o/p/s/TapService/ids" };
  const flow = { hosts: HOSTS, port: { ifaceId: "web" }, owner: "o/p/s/TapFlow/web" };

  async function create(): Promise<{ ids: Properties; web: Properties }> {
    const { outs: ids } = await tapService.create(context, inputsOf(tapService, service));
    const inputs = inputsOf(tapFlow, { ...flow, service: ids.ref });
    return { ids, web: (await tapFlow.create(context, inputs)).outs };
  }

  async function read(resource: Resource, outs: Properties): Promise<Properties> {
    return (await resource.read(context, "id", outs)).props!;
  }

  /** A VM runs on another host from now on; the former one still has its row. */
  function migrate(name: string, ifaceId: string, from: string, to: string): void {
    ports[from]!.splice(0, 1, plugged(name, ifaceId, "inactive"));
    ports[to]!.push(plugged(`${name}2`, ifaceId));
  }

  it("says where a tapped VM runs while its former host has an inactive row of it, as the next update does", async () => {
    const { ids, web } = await create();
    migrate("tap-web", "web", "rack1", "rack3");
    expect(await read(tapFlow, web)).to.include({
      status: "drifted: port tap-web2 is now on host rack3, not on rack1",
      portName: "tap-web2",
    });
    const inputs = inputsOf(tapFlow, { ...flow, service: ids.ref }, web);
    const { outs } = await tapFlow.update(context, web, inputs);
    expect(await read(tapFlow, outs)).to.include({ status: "active", portName: "tap-web2" });
  });

  it("says the same of a monitor, to its flows as well", async () => {
    const { ids, web } = await create();
    migrate("tap-ids", "ids", "rack2", "rack3");
    const status = "drifted: port tap-ids2 is now on host rack3, not on rack2";
    expect(await read(tapService, ids)).to.include({ status, portName: "tap-ids2" });
    expect(await read(tapFlow, web)).to.include({ status, portName: "tap-web" });
    const { outs } = await tapService.update(context, ids, inputsOf(tapService, service, ids));
    expect(await read(tapService, outs)).to.include({ status: "active", portName: "tap-ids2" });
  });

  it("leaves it where it is while both rows are active, or both inactive", async () => {
    const { web } = await create();
    for (const status of ["active", "inactive"] as const) {
      ports.rack1!.splice(0, 1, plugged("tap-web", "web", status));
      ports.rack3!.splice(0, 1, plugged("tap-web2", "web", status));
      expect(await read(tapFlow, web), status).to.include({ status: "active", portName: "tap-web" });
    }
  });
});
