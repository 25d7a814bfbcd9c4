import type { LabHost } from "../../lab/host";

/**
 * Does the work while neither the host's ovs-ofctl nor the tap bridge itself can be spoken to: rules can be neither written nor
 * undone, and operations there end half-way.
 */
export async function withoutRules<T>(host: LabHost, work: () => Promise<T>): Promise<T> {
  const tool = (await host.ovs("readlink -f $(command -v ovs-ofctl)")).trim();
  const socket = "/var/run/openvswitch/br-tap.mgmt";
  await host.ovs(`mount --bind /bin/false ${tool} && mount --bind /dev/null ${socket}`);
  try {
    return await work();
  } finally {
    await host.ovs(`umount ${tool}; umount ${socket}`);
  }
}
