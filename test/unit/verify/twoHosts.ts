import type { Look } from "../../../provider/converge/look";
import { endpointPort } from "../../../provider/model/endpoint";
import type { SourceFlow } from "../../../provider/model/groups";
import { groupNames } from "../../../provider/model/groups";
import { render } from "../../../provider/model/render";
import type { InterfaceFacts } from "../../../provider/ovs/facts";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";
import { type DestinationEnd, destinationEnd, type SourceEnd, sourceEnd } from "../../../provider/verify/tap";
import { type HostView, viewOf } from "../../../provider/verify/view";
import { type ObservedBridge, type ObservedPort, observed } from "../model/observed";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-02T03:04:05.678Z" };
const [HERE, THERE] = ["192.0.2.1", "192.0.2.2"];
const SERVICE = { service: "o/p/s/TapService/ids", tunnelId: 7 };

/** A claim, with what its kind needs. */
function claimed(kind: string, name: string, fields: object): Claim {
  return claimSchema.parse({ ...base, kind, owner: `o/p/s/${name}`, integrationBridge: "br-int", ...fields });
}

/** A host with claims, all of whose ports are there. `ports`: those of br-int, and what is special about the others. */
function hostWith(
  name: string,
  claims: readonly Claim[],
  ports: readonly ObservedPort[],
  special: Readonly<Record<string, Partial<InterfaceFacts>>> = {},
): HostView {
  const set = new Map(claims.map((claim) => [claim.owner, claim]));
  const machine = `machine-${name}`;
  const before = { ...observed({ name: "br-int", ports: [...ports] }), machine };
  const desired = render(set, before, "br-tap");
  const moved = desired.placements.map((placement) => placement.name);
  const bridge = (bridgeName: string, own: readonly ObservedPort[]): ObservedBridge => ({
    name: bridgeName,
    ports: [
      ...own,
      ...desired.ports
        .filter((port) => port.bridge === bridgeName)
        .map((port) => ({
          name: port.name,
          port: { tag: undefined },
          nic: { type: port.type, options: port.options },
        })),
    ].map((port) => ({ ...port, nic: { ...port.nic, ...special[port.name] } })),
  });
  const facts = {
    ...observed(
      bridge(
        "br-int",
        ports.filter((port) => !moved.includes(port.name)),
      ),
      bridge(
        "br-tap",
        moved.map((port) => ({ name: port })),
      ),
    ),
    machine,
  };
  const tap = facts.bridges.find((one) => one.name === "br-tap")!;
  const look: Look = {
    record: { name, address: name },
    bootId: name,
    facts,
    read: { claims: set, generation: 1, bridge: tap },
    now: Date.now(),
  };
  return viewOf(look);
}

/** What a tap of one port to another host's monitors consists of. */
export interface TwoHosts {
  source: SourceEnd;
  destination: DestinationEnd;
  /** Names of pieces. */
  mirror: string;
  patch: string;
  tunnel: string;
  arrival: string;
}

/** A tap from `web` on host1 to the monitors `ids1` and `ids2` on host2. */
export function twoHosts(
  treatment: object = {},
  special: Readonly<Record<string, Partial<InterfaceFacts>>> = {},
): TwoHosts {
  const peer = (name: string, local: string, remote: string) => ({
    machine: `machine-${name}`,
    name,
    local,
    remote,
  });
  const flow = { ...SERVICE, destination: "machine-host2" };
  const options = { port: "web", integrationBridge: "br-int", ...treatment };
  const web = claimed("flow", "web", {
    ...flow,
    peer: peer("host2", HERE, THERE),
    source: options,
  }) as SourceFlow;
  const there = claimed("flow", "web", { ...flow, peer: peer("host1", THERE, HERE) });
  const ids = claimed("service", "TapService/ids", {
    tunnelId: 7,
    ports: ["ids1", "ids2"],
    distribution: "hash",
  });
  const one = hostWith("host1", [web], [{ name: "web" }, { name: "db" }], special);
  const two = hostWith("host2", [ids, there], [{ name: "ids1" }, { name: "ids2" }, { name: "vm" }], special);
  const source = sourceEnd(one, web);
  const destination = destinationEnd(two, web);
  const [group] = source.groups;
  const names = group === undefined ? { mirror: "", tap: "" } : groupNames(group);
  if (source.way.kind !== "tunnel") throw new Error("it has no tunnel");
  return {
    source,
    destination,
    mirror: names.mirror,
    patch: names.tap,
    tunnel: endpointPort(source.way.route.end),
    arrival: destination.port!,
  };
}
