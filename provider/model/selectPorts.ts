import type { Facts } from "../ovs/facts";
import type { Conditions, ExcludedPort, PortSelector } from "../schema/selector";
import { isSelector } from "../schema/selector";
import type { Desired } from "./desired";
import { type FoundPort, findPort, isVmOf, portsOf } from "./findPort";
import { matchesPattern } from "./glob";
import { areExplicit, isCloudPort, isVmPort } from "./vmPort";

/** The key in a Port's `other_config` under which Neutron's agent writes the id of the port's network. */
export const NETWORK_KEY = "net_uuid";

/** The host on which ports are selected. */
export interface Field {
  facts: Facts;
  integrationBridge: string;
  tapBridge: string;
  /** Monitors are never selected. A port that is being moved back already counts as back. */
  desired: Pick<Desired, "monitors" | "placements">;
}

/** Whether a row of a port has a key with a value, or with any value. */
function bears({ port, interface: nic }: FoundPort, key: string, value: string): boolean {
  return [nic, port].some(
    ({ externalIds }) => Object.hasOwn(externalIds, key) && (value === "*" || externalIds[key] === value),
  );
}

/** Whether a port meets all conditions. */
function meets(found: FoundPort, { network, vlan, vm, name, externalIds = {} }: Conditions): boolean {
  const { port } = found;
  return (
    (network === undefined || port.otherConfig[NETWORK_KEY] === network) &&
    (vlan === undefined || port.tag === vlan) &&
    (vm === undefined || isVmOf(found, vm)) &&
    (name === undefined || matchesPattern(port.name, name)) &&
    Object.entries(externalIds).every(([key, value]) => bears(found, key, value))
  );
}

/** Where one vNIC of several is looked for. */
interface Ground {
  facts: Facts;
  bridges: readonly string[];
}

/**
 * Returns a function that tells whether a port is left out. A named port leaves out every port with that name; with
 * vnic, only that vNIC.
 */
function exclusion(excluded: ExcludedPort, { facts, bridges }: Ground): (found: FoundPort) => boolean {
  if (isSelector(excluded)) return (found) => meets(found, excluded);
  if (typeof excluded === "string")
    return ({ port, interface: nic }) => port.name === excluded || nic.name === excluded;
  if ("ifaceId" in excluded)
    return ({ interface: { externalIds } }) => externalIds["iface-id"] === excluded.ifaceId;
  if ("mac" in excluded)
    return ({ interface: { externalIds } }) => externalIds["attached-mac"]?.toLowerCase() === excluded.mac;
  if (excluded.vnic === undefined) return (found) => isVmOf(found, excluded.vmUuid);
  const { found: nic } = findPort(facts, bridges, excluded);
  return ({ port }) => port.uuid === nic?.port.uuid;
}

/** The ports on the integration bridge, and those that are being moved back to it. */
function portsThere({ facts, integrationBridge, tapBridge, desired }: Field): FoundPort[] {
  const bridge = facts.bridges.find(({ name }) => name === integrationBridge);
  if (bridge === undefined) return [];
  const back = new Set(
    desired.placements.filter(({ bridge: to }) => to === integrationBridge).map(({ port }) => port),
  );
  const returning =
    back.size === 0 ? [] : portsOf(facts, [tapBridge]).filter(({ port }) => back.has(port.uuid));
  return [...portsOf(facts, [integrationBridge]), ...returning.map((found) => ({ ...found, bridge }))];
}

/**
 * Returns a function that tells whether a selector matches a port on the bridges of a host, whether or not it serves as
 * a monitor.
 */
export function matching(selector: PortSelector, ground: Ground): (found: FoundPort) => boolean {
  const { facts } = ground;
  const excluded = (selector.except ?? []).map((one) => exclusion(one, ground));
  const isOfVm = areExplicit(selector)
    ? ({ port }: FoundPort) => isVmPort(port, facts)
    : (found: FoundPort) => isCloudPort(found, facts);
  return (found) =>
    meets(found, selector) && isOfVm(found) && !excluded.some((isExcluded) => isExcluded(found));
}

/** The VM ports of a host that a selector matches, without monitors; none is not an error. */
export function selectPorts(selector: PortSelector, field: Field): FoundPort[] {
  const { facts, integrationBridge, tapBridge } = field;
  const monitors = new Set(field.desired.monitors.map(({ port }) => port));
  const matches = matching(selector, { facts, bridges: [integrationBridge, tapBridge] });
  return portsThere(field).filter((found) => matches(found) && !monitors.has(found.port.uuid));
}
