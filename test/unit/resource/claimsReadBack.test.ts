import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import { monitorPort } from "../../../provider/resource/monitorPort";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import type { PortInput } from "../../../provider/schema/port";
import { arbitraryRules } from "../filter/arbitraryRules";
import { hostileText } from "../hostile/arbitrary";
import type { ObservedPort } from "../model/observed";
import { memoryHosts } from "./memoryHosts";

/** Some of a record's fields. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) =>
  fc.record(fields, { requiredKeys }) as fc.Arbitrary<Properties>;

const IPV6 = ["::1", "::", "::ffff:192.0.2.9", "2001:DB8:0::1", "fe80::1%eth0", "::1%lo"];
/** Mostly what is right, sometimes what means harm. */
const mostly = (...right: fc.Arbitrary<string>[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.oneof(...right) }, { weight: 1, arbitrary: hostileText });
const names = ["192.0.2.7", "rack7-compute9", "_alias", "h".repeat(255), "constructor", "local"];
const address = mostly(fc.constantFrom(...IPV6, ...names), fc.ipV6(), fc.ipV4());
const tunnelIp = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...IPV6));
const bridge = fc.constantFrom("br-x", "constructor", "b".repeat(15));
const host = fc.oneof(
  address,
  some(
    {
      ...{
        address,
        name: address,
        port: fc.integer({ min: 1, max: 65535 }),
        tunnelIp,
      },
      ...{ user: fc.constantFrom("ops", "Ops.Team+1"), proxyJump: address, hostKey: hostileText },
      ...{ integrationBridge: bridge, tapBridge: bridge, tunnelBridge: bridge, keeper: fc.boolean() },
    },
    ["address"],
  ),
);
const text = mostly(fc.constantFrom("red", "x".repeat(1024)), fc.string({ unit: "binary", minLength: 1 }));
const macs = fc.constantFrom("FA-16-3E-00-00-0A", "fa:16:3e:00:00:0B");
const port = fc.oneof(
  mostly(fc.constantFrom("tap-web", "constructor", "p".repeat(255))),
  fc.record({ ifaceId: text }),
  fc.record({ mac: macs }),
  some({ vmUuid: text, vnic: fc.nat(3) }, ["vmUuid"]),
);
const tunnelId = fc.integer({ min: 1, max: 16777215 });
const common = { tenant: text, description: text, adopt: fc.boolean() };
const owner = (kind: string) =>
  fc.constantFrom(`o/p/s/${kind}/x`, `o/p/s/${kind}/__proto__`, kind.padEnd(2048, "x"));

const collector = some(
  {
    ...{ address: tunnelIp, type: fc.constantFrom("gre", "erspan", "vxlan", "geneve"), key: fc.nat(2000) },
    ...{ udpPort: fc.integer({ min: 1, max: 65535 }), erspanVersion: fc.constantFrom(1, 2) },
    keys: fc.record({ ingress: fc.nat(2000), egress: fc.nat(2000) }),
  },
  ["address", "type"],
);
const serviceCommon = { owner: owner("TapService"), tunnelId, ...common, allowCrossTenant: fc.boolean() };
const attachment = fc.constantFrom("tap-bridge", "integration-bridge");
const service = fc.oneof(
  some({ host, port, attachment, ...serviceCommon }, ["host", "port", "owner"]),
  some(
    {
      ...{ hosts: fc.array(host, { minLength: 1, maxLength: 3 }), attachment, ...serviceCommon },
      ports: fc.array(port, { minLength: 1, maxLength: 3 }),
      distribution: fc.constantFrom("copy", "hash", "failover"),
    },
    ["hosts", "ports", "owner"],
  ),
  some({ collector, ...serviceCommon }, ["collector", "owner"]),
);

const cap = fc.integer({ min: 1, max: 4294967295 });
const conditions = {
  ...{ network: fc.uuid(), vlan: fc.nat(4095), vm: fc.uuid(), name: fc.constantFrom("tap-*", "?", "x") },
  externalIds: fc.dictionary(fc.constantFrom("iface-id", "vm-type", "é"), fc.constantFrom("*", "a", ""), {
    minKeys: 1,
  }),
};
const selector = some({ ...conditions, except: fc.array(fc.oneof(port, some(conditions, ["vlan"]))) }, [
  "name",
]);
const flowOptions = {
  ...{ owner: owner("TapFlow"), host, ...common },
  direction: fc.constantFrom("ingress", "egress", "both"),
  filter: arbitraryRules,
  defaultAction: fc.constantFrom("accept", "reject"),
  until: fc
    .date({ min: new Date("2090-01-01"), max: new Date("2200-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  sampling: fc.record({ oneIn: fc.integer({ min: 1, max: 65535 }) }),
  snapLength: fc.integer({ min: 14, max: 65535 }),
  rateLimit: fc.oneof(some({ kbps: cap, burst: cap }, ["kbps"]), fc.record({ packetsPerSecond: cap })),
  mtuPolicy: fc.constantFrom("warn", "fail", "truncate"),
  counters: fc.constantFrom("shared", "own"),
  enabled: fc.boolean(),
};
const flow = fc.oneof(
  some({ ...flowOptions, port }, ["owner", "host", "port"]),
  some({ ...flowOptions, ports: selector }, ["owner", "host", "ports"]),
);

const tunnel = some(
  {
    ...{ owner: owner("MirrorTunnel"), mode: fc.constantFrom("pair", "mesh"), adopt: fc.boolean() },
    hosts: fc.array(host, { minLength: 2, maxLength: 3 }),
    type: fc.constantFrom("vxlan", "geneve", "gre"),
    udpPort: fc.integer({ min: 1, max: 65535 }),
    localIps: fc.array(tunnelIp, { minLength: 2, maxLength: 3 }),
    ...{ dontFragment: fc.boolean(), tos: fc.nat(255) },
  },
  ["owner", "hosts"],
);

const path = mostly(fc.constantFrom("/var/run/openvswitch/mp-x", "/tmp/<a>&'b'", `/${"x".repeat(106)}`));
const uuid = fc.uuid().map((text) => text.toUpperCase());
const monitor = fc.oneof(
  some(
    {
      ...{ owner: owner("MonitorPort"), host, ...common, type: fc.constant("internal") },
      ...{ name: fc.constantFrom("mp0", "_", "x".repeat(15), "constructor"), mac: macs },
      mtu: fc.integer({ min: 68, max: 65535 }),
    },
    ["owner", "host"],
  ),
  some({ owner: owner("MonitorPort"), host, ...common, type: fc.constant("attach"), ifaceId: uuid }, [
    "owner",
    "host",
    "type",
  ]),
  some({ owner: owner("MonitorPort"), host, ...common, type: fc.constant("vhost-user"), socketPath: path }, [
    "owner",
    "host",
    "type",
  ]),
);

/** A port that is plugged as one of those that a resource names. */
function plugged(wanted: PortInput, index: number): ObservedPort {
  if (typeof wanted === "string") return { name: wanted };
  const ids = {
    ...("ifaceId" in wanted ? { "iface-id": wanted.ifaceId } : { "iface-id": `\u0007 ${index}` }),
    ...("mac" in wanted ? { "attached-mac": wanted.mac } : {}),
    ...("vmUuid" in wanted ? { "vm-uuid": wanted.vmUuid } : {}),
  };
  return { name: `port ${index}`, nic: { externalIds: ids } };
}

/** What a resource's arguments come to in a state; undefined where they are refused. */
function checked(resource: Resource, args: Properties): Properties | undefined {
  const context = memoryHosts([]);
  try {
    const { inputs, failures } = resource.check(context, {}, JSON.parse(JSON.stringify(args)));
    return failures.length > 0 ? undefined : JSON.parse(JSON.stringify(inputs));
  } catch (error) {
    if (error instanceof TaasError) return undefined;
    throw error;
  }
}

/** Creates a resource. False where that is refused, for anything but a claim that cannot be read. */
async function isCreated(context: Context, resource: Resource, inputs: Properties): Promise<boolean> {
  try {
    const { id, outs } = await resource.create(context, inputs);
    const read = await resource.read(context, id, JSON.parse(JSON.stringify(outs)));
    const status = (read as { props: Properties }).props.status;
    const isSelecting = inputs.ports !== undefined && !Array.isArray(inputs.ports);
    const active = [
      inputs.type === "attach" ? "active (no port attached)" : "active",
      ...(isSelecting ? ["active (no port matches)"] : []),
    ];
    expect(status).to.be.oneOf(inputs.enabled === false ? ["disabled"] : active);
    return true;
  } catch (error) {
    if (!(error instanceof TaasError)) throw error;
    expect(error.code, error.message).not.to.be.oneOf(["claim-unreadable", "claim-newer", "claim-differs"]);
    return false;
  }
}

/** Ports that are plugged, each once. */
function plug(wanted: readonly unknown[]): ObservedPort[] {
  const ports = wanted.flatMap((one, index) => (one === undefined ? [] : [plugged(one as PortInput, index)]));
  return [...new Map(ports.map((one) => [one.name, one])).values()];
}

describe("what check accepts", () => {
  it("includes every address of a host, even one that starts with a colon", () => {
    for (const one of [...IPV6, "192.0.2.7", "::ffff:0:1"]) {
      for (const given of [one, { address: one, name: one }])
        expect(
          checked(tapService, { owner: "o/p/s/TapService/x", host: given, port: "tap-ids" })?.host,
        ).to.deep.equal({ name: one, address: one });
    }
  });

  const kinds: [string, Resource, fc.Arbitrary<Properties>, number][] = [
    ["TapService", tapService, service, 300],
    ["MirrorTunnel", mirrorTunnel, tunnel, 1500],
    ["MonitorPort", monitorPort, monitor, 300],
  ];
  for (const [kind, resource, args, numRuns] of kinds) {
    it(`can be read again as a claim: ${kind}`, async () => {
      let created = 0;
      await fc.assert(
        fc.asyncProperty(args, async (given) => {
          const inputs = checked(resource, given);
          if (inputs === undefined) return;
          const { port: one, ports = [one] } = inputs;
          const context = memoryHosts(kind === "MonitorPort" ? [] : plug(ports as unknown[]));
          if (await isCreated(context, resource, inputs)) created++;
        }),
        { numRuns },
      );
      expect(created).to.be.above(5);
    });
  }

  it("can be read again as claims: TapFlow, with its service", async () => {
    let created = 0;
    await fc.assert(
      fc.asyncProperty(service, flow, async (serviceArgs, flowArgs) => {
        const target = checked(tapService, serviceArgs);
        if (target === undefined) return;
        const source = checked(tapFlow, { ...flowArgs, service: target.ref });
        if (source === undefined) return;
        const { port: one, ports = [one] } = target;
        const context = memoryHosts(plug([source.port, ...(ports as unknown[])]));
        if (!(await isCreated(context, tapService, target))) return;
        if (await isCreated(context, tapFlow, source)) created++;
      }),
      { numRuns: 1000 },
    );
    expect(created).to.be.above(5);
  });
});
