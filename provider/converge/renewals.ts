import { isVmPort } from "../model/vmPort";
import type { Facts } from "../ovs/facts";
import type { Select } from "../ovs/operations";
import type { OvsdbClient } from "../ovs/ovsdbClient";
import { type Row, uuid } from "../ovs/values";

/**
 * The rows of monitors' interfaces on the tap bridge, by UUID, that are replaced when they move back to one of these
 * bridges: all, if a bridge has an OpenFlow controller. Neutron's agent is such a controller, and processes an
 * interface when its row is new. Otherwise a monitor would stay `DOWN` in Neutron, without its VLAN and the rules of
 * its security groups, if it came back under its old row and was away when the agent started, or was plugged and moved
 * before the agent had processed it.
 */
export async function readRenewals(
  ovsdb: OvsdbClient,
  facts: Facts,
  tapBridge: string,
  homes: readonly string[],
): Promise<ReadonlyMap<string, Row>> {
  const bridges = new Map(facts.bridges.map((bridge) => [bridge.name, bridge]));
  const controlled = homes.some((home) => (bridges.get(home)?.controllers ?? []).length > 0);
  const ports = (bridges.get(tapBridge)?.ports ?? []).flatMap((id) => facts.ports[id] ?? []);
  const nics = ports.filter((port) => isVmPort(port, facts)).flatMap(({ interfaces }) => interfaces);
  if (!controlled || nics.length === 0) return new Map();
  const selects = nics.map(
    (nic): Select => ({ op: "select", table: "Interface", where: [["_uuid", "==", uuid(nic)]] }),
  );
  const results = await ovsdb.transact(selects);
  return new Map(results.flatMap(({ rows }, index) => rows.map((row) => [nics[index]!, row as Row])));
}
