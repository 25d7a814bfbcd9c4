import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { joinsHosts } from "../model/tunnelTypes";
import type { Facts } from "../ovs/facts";
import { MARK } from "../plan/ours";

/** Local addresses of the tunnels that production has on the host. */
function productionAddresses(facts: Facts): string[] {
  const ports = Object.values(facts.ports).filter((port) => port.externalIds[MARK] === undefined);
  const tunnels = ports
    .flatMap((port) => port.interfaces.map((uuid) => facts.interfaces[uuid]))
    .filter((nic) => nic !== undefined && joinsHosts(nic.type));
  const locals = tunnels
    .map((nic) => nic!.options.local_ip)
    .filter((ip) => ip !== undefined && ip !== "flow");
  return [...new Set(locals as string[])].sort();
}

/**
 * The underlay address of a host's mirror tunnels: its `tunnelIp`, else what OVN or Neutron wrote, else the local
 * address of its production tunnels.
 */
export function tunnelAddress(record: HostRecord, facts: Facts): string {
  const written =
    record.tunnelIp ??
    facts.externalIds["ovn-encap-ip"]?.split(",")[0] ??
    facts.otherConfig.local_ip ??
    facts.externalIds.local_ip;
  if (written !== undefined && written !== "") return written;
  const production = productionAddresses(facts);
  if (production.length === 1) return production[0]!;
  throw new TaasError(
    production.length === 0
      ? "its underlay address is not known: no tunnelIp is given, and Open vSwitch has neither ovn-encap-ip nor local_ip nor a tunnel with one"
      : `its production tunnels have several local addresses (${production.join(", ")})`,
    {
      code: "tunnel-ip-unknown",
      host: record.name,
      hint: "Give the host's tunnelIp, or localIps in a MirrorTunnel",
    },
  );
}
