import type { Input } from "@pulumi/pulumi";

/**
 * A port of the integration bridge: its OVS name, or what the cloud wrote on its Interface row: `iface-id` (Neutron's or
 * OVN's port), `attached-mac`, or `vm-uuid`/`vm-id` with the number of the vNIC, counted by ascending MAC from 0.
 */
export type Port =
  | string
  | { ifaceId: Input<string> }
  | { mac: Input<string> }
  | { vmUuid: Input<string>; vnic?: Input<number> };
