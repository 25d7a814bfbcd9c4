import type { Input } from "@pulumi/pulumi";

/**
 * A port of the integration bridge: its OVS name, or what the cloud wrote on its Interface row: `iface-id` (Neutron's or
 * OVN's port), `attached-mac`, or `vm-uuid`/`vm-id` with the number of the vNIC, counted by ascending MAC from 0.
 */
export type Port =
  | string
  | {
      /** The `iface-id` that Neutron, OVN or libvirt wrote: the id of the port there. */
      ifaceId: Input<string>;
    }
  | {
      /** The `attached-mac`. The first `iface-id` that is found with it is kept, and another one is not taken for it. */
      mac: Input<string>;
    }
  | {
      /** The `vm-uuid` or `vm-id`. */
      vmUuid: Input<string>;
      /** Which port of the VM on the host, counted by ascending MAC from 0. Default: the only one. */
      vnic?: Input<number>;
    };
