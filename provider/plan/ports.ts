import { TaasError } from "../errors";
import type { DesiredPort } from "../model/desired";
import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { map, type Row, set, uuid, type Value } from "../ovs/values";
import type { Change } from "./change";
import { attach, detach, referenceTo } from "./membership";
import { isOurPort, MARKED, type OurNames, remark } from "./ours";
import { type PlacementPlan, planPlacements } from "./placements";

/** A VLAN that no port uses: the highest, which Neutron uses for dead ports. */
const FENCE_VLAN = 4095;

function vlanColumns(port: DesiredPort): Row {
  return port.vlans === "none"
    ? { vlan_mode: "trunk", trunks: set([FENCE_VLAN]), tag: set([]) }
    : { vlan_mode: set([]), trunks: set([]), tag: set([]) };
}

/**
 * The configuration of BFD, whose control messages have tunnel key 0. Copies have a tunnel id of at least 1. By default,
 * Open vSwitch takes every packet to UDP port 3784 for a control message, whatever its tunnel key
 * (ovs-vswitchd.conf.db(5), Interface, bfd). It would not deliver the copy of such a packet, and a tapped VM could take
 * the tunnel down.
 */
function bfdColumn(port: DesiredPort): Record<string, string> {
  return port.bfd === undefined ? {} : { enable: "true", check_tnl_key: "true" };
}

/** The columns of a device's interface. */
function deviceColumns({ device }: DesiredPort): Row {
  return { mac: device?.mac ?? set([]), mtu_request: device?.mtu ?? set([]) };
}

/** The interface of a port, and how other operations of the transaction refer to it. */
function insertInterface(port: DesiredPort): { operation: Operation; reference: Value } {
  const reference = referenceTo("interface", port.name);
  const { name, type, options } = port;
  const row = { name, type, options: map(options), bfd: map(bfdColumn(port)), ...deviceColumns(port) };
  return { operation: { op: "insert", table: "Interface", "uuid-name": reference[1], row }, reference };
}

/** The operations that create a port with one interface on a bridge. */
function insertPort(port: DesiredPort, facts: Facts): Operation[] {
  const inserted = referenceTo("port", port.name);
  const { operation, reference } = insertInterface(port);
  return [
    operation,
    {
      op: "insert",
      table: "Port",
      "uuid-name": inserted[1],
      row: {
        name: port.name,
        interfaces: reference,
        external_ids: MARKED,
        ...vlanColumns(port),
      },
    },
    ...attach(facts, port.bridge, inserted),
  ];
}

function sameMap(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function isFenced(port: PortFacts): boolean {
  return port.vlanMode === "trunk" && port.trunks.length === 1 && port.trunks[0] === FENCE_VLAN;
}

/** Any requested port number is an alteration: Open vSwitch chooses those of our ports. */
function interfaceAlterations(wanted: DesiredPort, nic: InterfaceFacts): Operation[] {
  const bfd = bfdColumn(wanted);
  const same =
    nic.type === wanted.type &&
    nic.ofportRequest === undefined &&
    nic.mac === wanted.device?.mac &&
    nic.mtuRequest === wanted.device?.mtu &&
    sameMap(nic.options, wanted.options) &&
    sameMap(nic.bfd ?? {}, bfd);
  if (same) return [];
  const given = { bfd: map(bfd), ofport_request: set([]), ...deviceColumns(wanted) };
  const row = { type: wanted.type, options: map(wanted.options), ...given };
  return [{ op: "update", table: "Interface", where: [["_uuid", "==", uuid(nic.uuid)]], row }];
}

/** A port of ours has exactly one interface, of the port's own name. */
function membership(wanted: DesiredPort, port: PortFacts, nic: InterfaceFacts | undefined): Operation[] {
  if (nic !== undefined && port.interfaces.length === 1) return [];
  const fresh = nic === undefined ? insertInterface(wanted) : undefined;
  const interfaces = fresh?.reference ?? uuid(nic!.uuid);
  return [
    ...(fresh === undefined ? [] : [fresh.operation]),
    { op: "update", table: "Port", where: [["_uuid", "==", uuid(port.uuid)]], row: { interfaces } },
  ];
}

function alterations(wanted: DesiredPort, port: PortFacts, facts: Facts): Operation[] {
  const nic = port.interfaces.map((id) => facts.interfaces[id]).find((one) => one?.name === wanted.name);
  const operations = [
    ...membership(wanted, port, nic),
    ...(nic === undefined ? [] : interfaceAlterations(wanted, nic)),
    ...remark("Port", port),
  ];
  const open = port.vlanMode === undefined && port.trunks.length === 0;
  if (port.tag !== undefined || !(wanted.vlans === "none" ? isFenced(port) : open)) {
    operations.push({
      op: "update",
      table: "Port",
      where: [["_uuid", "==", uuid(port.uuid)]],
      row: vlanColumns(wanted),
    });
  }
  return operations;
}

/** The input of a plan of ports. */
interface PortPlan extends PlacementPlan {
  /** Names of ports that are ours, whether they bear our mark or not. */
  names: OurNames;
}

/** The changes that make our ports the desired ones, with no others. */
export function planPorts(plan: PortPlan): Change[] {
  const { desired, facts, names } = plan;
  const changes: Change[] = [];
  const wanted = new Map(desired.ports.map((port) => [port.name, port]));
  const seen = new Set<string>();
  for (const bridge of facts.bridges) {
    for (const port of oursOn(bridge, facts, names)) {
      const want = wanted.get(port.name);
      if (want === undefined || want.bridge !== bridge.name || seen.has(port.name)) {
        changes.push({
          what: `unexpected port ${port.name} on ${bridge.name}`,
          about: { port: port.name },
          owners: [],
          operations: [detach(bridge.uuid, port.uuid)],
        });
        continue;
      }
      seen.add(port.name);
      const operations = alterations(want, port, facts);
      if (operations.length > 0)
        changes.push({
          what: `altered port ${port.name} on ${bridge.name}`,
          about: { port: port.name },
          owners: want.owners,
          operations,
        });
    }
  }
  const bridges = new Set([plan.tapBridge, ...facts.bridges.map(({ name }) => name)]);
  for (const port of desired.ports) {
    if (seen.has(port.name)) continue;
    // The database would delete the port at once, and say nothing.
    if (!bridges.has(port.bridge))
      throw new TaasError(`port ${port.name} needs bridge ${port.bridge}`, { code: "bridge-missing" });
    changes.push({
      what: `missing port ${port.name} on ${port.bridge}`,
      about: { port: port.name },
      owners: port.owners,
      operations: insertPort(port, facts),
    });
  }
  return [...changes, ...planPlacements(plan)];
}

/** The ports of a bridge that are ours. */
export function oursOn(bridge: BridgeFacts, facts: Facts, names: OurNames): PortFacts[] {
  return bridge.ports
    .map((id) => facts.ports[id])
    .filter((port): port is PortFacts => port !== undefined && isOurPort(port, bridge.name, names));
}
