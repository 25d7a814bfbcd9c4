import type { VmOptions } from "../test/lab/options";

/** A cloud to tap: hosts in pairs, the same number of VMs to tap on each, a monitor on the second of each pair. */
export interface Cloud {
  /** An even number. */
  hosts: number;
  tapsPerHost: number;
  /** `mesh`: copies between hosts travel over one mesh of all. Default: over the automatic tunnels. */
  tunnels?: "mesh";
}

/** A VM to tap: its own name and that of the monitor that gets its copies. */
export interface TappedVm {
  vm: string;
  host: number;
  monitor: string;
  monitorHost: number;
}

/** The VMs to tap, host by host. Half of them are on their monitor's host, half across the network from it. */
export function tappedVms({ hosts, tapsPerHost }: Cloud): TappedVm[] {
  return Array.from({ length: hosts }, (_, index) => index + 1).flatMap((host) => {
    const monitorHost = host + (host % 2);
    return Array.from({ length: tapsPerHost }, (_, tap) => ({
      ...{ vm: `t${host}-${tap + 1}`, host, monitor: `m${monitorHost}`, monitorHost },
    }));
  });
}

/** The monitors, by name, with their hosts. */
export function monitors(cloud: Cloud): Map<string, number> {
  return new Map(tappedVms(cloud).map(({ monitor, monitorHost }) => [monitor, monitorHost]));
}

/** All VMs of the cloud, as the lab boots them. */
export function cloudVms(cloud: Cloud): VmOptions[] {
  return [
    ...tappedVms(cloud).map(({ vm, host }) => ({ name: vm, host })),
    ...[...monitors(cloud)].map(([name, host]) => ({ name, host })),
  ];
}
