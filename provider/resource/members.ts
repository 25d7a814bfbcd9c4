import type { HostRecord } from "../host/host";
import type { TunnelRef } from "../schema/tunnel";

/** Whether a host is a member of a tunnel, by its address. */
export function isMember(tunnel: TunnelRef, host: HostRecord): boolean {
  return tunnel.hosts.some(({ address }) => address === host.address);
}

/** Candidates with the members of an explicit tunnel first, because the first name of a machine stands for it. */
export function membersFirst(tunnel: TunnelRef | undefined, hosts: readonly HostRecord[]): HostRecord[] {
  if (tunnel === undefined) return [...hosts];
  return [
    ...hosts.filter((host) => isMember(tunnel, host)),
    ...hosts.filter((host) => !isMember(tunnel, host)),
  ];
}

/** The error text for a tunnel of which none of these hosts is a member. */
export function membersMissing({ owner, hosts }: TunnelRef, others: readonly HostRecord[]): string {
  const names = (records: readonly HostRecord[]) => records.map(({ name }) => name).join(", ");
  return `the mirror tunnel ${owner} has the hosts ${names(hosts)}, not ${names(others)}`;
}
