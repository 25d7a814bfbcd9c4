import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { type MemoryHosts, memoryHosts } from "./memoryHosts";

const ADDRESS = "192.0.2.77";
const wire = { owner: "o/p/s/MirrorTunnel/x", mode: "pair", type: "vxlan", udpPort: 14789 };

describe("a claim that somebody alters by hand", () => {
  let context: MemoryHosts;
  let ref: unknown;

  beforeEach(async () => {
    context = memoryHosts(["mon", "web"].map((name) => ({ name })));
    ref = (await create(tapService, "TapService", { host: "host2", port: "mon" })).ref;
  });

  async function create(resource: Resource, kind: string, args: Properties): Promise<Properties> {
    const { inputs, failures } = resource.check(context, {}, { owner: `o/p/s/${kind}/x`, ...args });
    expect(failures).to.deep.equal([]);
    return (await resource.create(context, inputs)).outs;
  }

  const flow = (args: Properties) => create(tapFlow, "TapFlow", { host: "host1", port: "web", ...args });
  const tunnel = () => create(mirrorTunnel, "MirrorTunnel", { hosts: ["host1", "host2"] });
  const collector = { address: "192.0.2.9", type: "gre" };
  const outside = () => create(tapService, "TapService", { collector, owner: "o/p/s/TapService/out" });
  const made = {
    "a flow between hosts": () => flow({ service: ref }),
    "a flow through an explicit tunnel": async () => flow({ service: ref, tunnel: (await tunnel()).ref }),
    "a flow to a collector": async () => flow({ service: (await outside()).ref }),
    "a tunnel": tunnel,
  };

  for (const [what, field, value] of [
    ["a flow between hosts", "destination", "another machine"],
    ["a flow between hosts", "peer.remote", ADDRESS],
    ["a flow between hosts", "shared", { bridge: "br-tun" }],
    ["a flow between hosts", "tunnel", { ...wire, local: "192.0.2.1", remote: ADDRESS }],
    ["a flow through an explicit tunnel", "tunnel.remote", ADDRESS],
    ["a flow to a collector", "collector.address", ADDRESS],
    ["a tunnel", "local", ADDRESS],
    ["a tunnel", "peers[0].remote", ADDRESS],
  ] as const) {
    it(`is drift: ${field} of ${what}`, async () => {
      const outs = await made[what]();
      const resource = what === "a tunnel" ? mirrorTunnel : tapFlow;
      const statusNow = async () => (await resource.read(context, "id", outs)).props!.status;
      expect(await statusNow()).to.equal("active");
      context.rewrite("host1", String(outs.owner), field.match(/\w+/g)!, value);
      expect(await statusNow()).to.equal(`drifted: host host1: altered claim: ${field}`);
    });
  }
});
