import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import type { Look } from "../../../provider/converge/look";
import { findPort } from "../../../provider/model/findPort";
import { fitCopies } from "../../../provider/resource/fit";
import type { FlowInputs } from "../../../provider/schema/flow";
import { observed } from "../model/observed";

const peer = { machine: "machine-there", name: "host2", local: "192.0.2.1", remote: "192.0.2.2" };

/** What is said of a flow's slices on a host whose underlay has room for everything. */
async function warnings(
  datapathType: string,
  inputs: Partial<FlowInputs>,
  way: object = { peer },
  port: object = {},
): Promise<string[]> {
  const facts = observed({
    name: "br-int",
    ports: [{ name: "web", port, nic: { mtu: 1_500 } }],
    row: { datapathType },
  });
  const source = {
    facts,
    record: { name: "host1" },
    read: { claims: new Map() },
  } as unknown as Look;
  const host = { underlay: async () => ({ addresses: [], mtu: 9_000 }) } as unknown as Host;
  const said: string[] = [];
  await fitCopies({
    draft: {
      ...{ source: { integrationBridge: "br-int" }, service: "o/p/s/TapService/ids", tunnelId: 7, ...way },
    } as Parameters<typeof fitCopies>[0]["draft"],
    inputs: { mtuPolicy: "warn", ...inputs } as FlowInputs,
    ports: [findPort(facts, ["br-int"], "web").found!],
    source,
    destination: undefined,
    reach: { open: () => host, warn: (message) => said.push(message) },
  });
  return said;
}

describe("slices of copies that leave a host with the kernel datapath", () => {
  const message = (kept: number, least: number) =>
    `host host1: copies of IP packets that are truncated to ${kept} bytes may not arrive: the kernel drops packets from a tunnel that lack a whole IP header. Set snapLength to ${least} or more`;
  const accept = { action: "accept" } as const;

  it("cause a warning if they are too short for an IPv6 header", async () => {
    expect(await warnings("system", { snapLength: 53 })).to.deep.equal([message(53, 54)]);
    expect(await warnings("", { snapLength: 53 })).to.deep.equal([message(53, 54)]);
  });

  it("cause none from there on", async () => {
    expect(await warnings("system", { snapLength: 54 })).to.deep.equal([]);
    expect(await warnings("system", {})).to.deep.equal([]);
  });

  it("need four bytes more on a port whose frames have tags", async () => {
    expect(await warnings("system", { snapLength: 57 }, { peer }, { tag: undefined })).to.deep.equal([
      message(57, 58),
    ]);
    expect(await warnings("system", { snapLength: 58 }, { peer }, { tag: undefined })).to.deep.equal([]);
  });

  it("cause a warning by the shortest of a filter's rules, except those that send nothing", async () => {
    const filter = [
      { ...accept, protocol: "tcp" as const, snapLength: 40 },
      { ...accept, snapLength: 50 },
      { action: "reject" as const },
    ];
    expect(await warnings("system", { filter, snapLength: 20 })).to.deep.equal([message(40, 54)]);
  });

  it("cause a warning on the route to a collector", async () => {
    const collector = { type: "gre", address: "192.0.2.200", local: "192.0.2.1", key: 1 };
    const said = await warnings("system", { snapLength: 14 }, { collector });
    expect(said).to.deep.equal([message(14, 54)]);
  });

  it("cause none on one host, nor on the userspace datapath", async () => {
    expect(await warnings("system", { snapLength: 14 }, {})).to.deep.equal([]);
    expect(await warnings("netdev", { snapLength: 14 })).to.deep.equal([]);
  });
});
