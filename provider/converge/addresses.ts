import { joinsHosts } from "../encapsulation/encapsulations";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { isOurObject } from "../model/identity";
import type { Facts } from "../ovs/facts";
import { readAddress } from "../schema/host";

/** Local addresses of the production tunnels on the host. */
function productionAddresses(facts: Facts): string[] {
  const ports = Object.values(facts.ports).filter((port) => !isOurObject(port));
  const tunnels = ports
    .flatMap((port) => port.interfaces.map((uuid) => facts.interfaces[uuid]))
    .filter((nic) => nic !== undefined && joinsHosts(nic.type));
  const locals = tunnels.map((nic) => readAddress(nic!.options.local_ip)).filter((ip) => ip !== undefined);
  return [...new Set(locals)].sort();
}

/**
 * The host's address as OVN or Neutron wrote it. OVN accepts several, separated by commas, and may name the default
 * one.
 */
function writtenAddress({ externalIds, otherConfig }: Facts): string | undefined {
  const written = [
    externalIds["ovn-encap-ip-default"],
    externalIds["ovn-encap-ip"],
    otherConfig.local_ip,
    externalIds.local_ip,
  ];
  return written
    .flatMap((text) => text?.split(",") ?? [])
    .map(readAddress)
    .find((ip) => ip !== undefined);
}

/**
 * The underlay address of a host's mirror tunnels: its `tunnelIp`, else the address that OVN or Neutron wrote, else the
 * local address of its production tunnels.
 */
export function tunnelAddress(record: HostRecord, facts: Facts): string {
  const written = record.tunnelIp ?? writtenAddress(facts);
  if (written !== undefined) return written;
  const production = productionAddresses(facts);
  if (production.length === 1) return production[0]!;
  throw new TaasError(
    production.length === 0
      ? "its underlay address is unknown: no tunnelIp is given, and Open vSwitch has no IP address in ovn-encap-ip or local_ip and no tunnel with one"
      : `its production tunnels have several local addresses (${production.join(", ")})`,
    {
      code: "tunnel-ip-unknown",
      host: record.name,
      hint: "Set the host's tunnelIp, or localIps in a MirrorTunnel",
    },
  );
}
