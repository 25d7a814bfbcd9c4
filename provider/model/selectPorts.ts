import type { Facts } from "../ovs/facts";
import type { Conditions, ExcludedPort, PortSelector } from "../schema/selector";
import { isSelector } from "../schema/selector";
import type { Desired } from "./desired";
import { type FoundPort, findPort, isVmOf, portsOf } from "./findPort";
import { isLike } from "./glob";
import { isVmPort } from "./vmPort";

/** Key of a Port's `other_config` where Neutron's agent writes the id of the network that the port is in. */
export const NETWORK_KEY = "net_uuid";

/** Where ports are selected, and what is known of that host. */
export interface Field {
  facts: Facts;
  integrationBridge: string;
  tapBridge: string;
  /** What serves as a monitor is selected by nothing; what is on its way home is there already. */
  desired: Pick<Desired, "monitors" | "placements">;
}

/** Whether one of the rows of a port has a key, with a value unless any will do. */
function bears({ port, interface: nic }: FoundPort, key: string, value: string): boolean {
  return [nic, port].some(
    ({ externalIds }) => Object.hasOwn(externalIds, key) && (value === "*" || externalIds[key] === value),
  );
}

/** Whether a port is as all conditions say. */
function meets(found: FoundPort, { network, vlan, vm, name, externalIds = {} }: Conditions): boolean {
  const { port } = found;
  return (
    (network === undefined || port.otherConfig[NETWORK_KEY] === network) &&
    (vlan === undefined || port.tag === vlan) &&
    (vm === undefined || isVmOf(found, vm)) &&
    (name === undefined || isLike(port.name, name)) &&
    Object.entries(externalIds).every(([key, value]) => bears(found, key, value))
  );
}

/** Tells whether a port is left out. A port that is named leaves out every port of that name, but for one vNIC of several. */
function exclusion(excluded: ExcludedPort, field: Field): (found: FoundPort) => boolean {
  if (isSelector(excluded)) return (found) => meets(found, excluded);
  if (typeof excluded === "string")
    return ({ port, interface: nic }) => port.name === excluded || nic.name === excluded;
  if ("ifaceId" in excluded)
    return ({ interface: { externalIds } }) => externalIds["iface-id"] === excluded.ifaceId;
  if ("mac" in excluded)
    return ({ interface: { externalIds } }) => externalIds["attached-mac"]?.toLowerCase() === excluded.mac;
  if (excluded.vnic === undefined) return (found) => isVmOf(found, excluded.vmUuid);
  const { facts, integrationBridge, tapBridge } = field;
  const { found: nic } = findPort(facts, [integrationBridge, tapBridge], excluded);
  return ({ port }) => port.uuid === nic?.port.uuid;
}

/** The ports on the integration bridge, and those that come back to it. */
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

/** The VM ports of a host that a selector matches, monitors apart; none is no error. */
export function selectPorts(selector: PortSelector, field: Field): FoundPort[] {
  const monitors = new Set(field.desired.monitors.map(({ port }) => port));
  const excluded = (selector.except ?? []).map((one) => exclusion(one, field));
  return portsThere(field).filter(
    (found) =>
      meets(found, selector) &&
      isVmPort(found.port, field.facts) &&
      !monitors.has(found.port.uuid) &&
      !excluded.some((isExcluded) => isExcluded(found)),
  );
}
