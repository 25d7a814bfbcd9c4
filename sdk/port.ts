import type { Input } from "@pulumi/pulumi";

/**
 * A port of the integration bridge: its OVS name, or what the cloud wrote on its Interface row: `iface-id` (Neutron's or
 * OVN's port), `attached-mac`, or `vm-uuid`/`vm-id`/`xs-vm-uuid` with the number of the vNIC, counted by ascending MAC from 0.
 */
export type Port =
  | string
  | {
      /** The `iface-id` that Neutron, OVN or libvirt wrote: the id of the port there. */
      ifaceId: Input<string>;
      mac?: never;
      vmUuid?: never;
      vnic?: never;
    }
  | {
      /**
       * The `attached-mac`. The `iface-id` that is first found with it is kept, and a port with another one is refused.
       */
      mac: Input<string>;
      ifaceId?: never;
      vmUuid?: never;
      vnic?: never;
    }
  | {
      /** The `vm-uuid`, `vm-id` or `xs-vm-uuid`. */
      vmUuid: Input<string>;
      /** Which port of the VM on the host, counted by ascending MAC from 0. Default: the only one. */
      vnic?: Input<number>;
      ifaceId?: never;
      mac?: never;
    };

/** Properties that ports have in common. A port must match all that are given, at least one. */
export interface PortConditions {
  /**
   * Id of the network in Neutron, which its Open vSwitch agent writes as `net_uuid` into `other_config` of the Port
   * row. OVN does not. Default: any network.
   */
  network?: Input<string>;
  /** The `tag` of the Port row, 0 to 4095. Default: any, and none. */
  vlan?: Input<number>;
  /** All ports of a VM, by `vm-uuid`, `vm-id` or `xs-vm-uuid`. Default: any VM. */
  vm?: Input<string>;
  /**
   * A pattern of port names: `*` stands for any characters, `?` for one. `*` alone selects every port that a cloud
   * created. Default: any name.
   */
  name?: Input<string>;
  /** Keys of `external_ids` of the Interface or Port row, with their values; `*` is any value. Default: any. */
  externalIds?: Input<Record<string, Input<string>>>;
}

/**
 * VM ports of a host's integration bridge, selected by common properties: those that exist now and those that are added
 * later. Monitors are not selected, nor are tunnels, bonds and ports of type `internal` or `patch`, except `fwln…` of Proxmox
 * VE. With `vlan`, `vm` or `name: "*"` alone, only ports are selected that a cloud created: their row has `iface-id`, `attached-mac` or the id of
 * a VM, or Proxmox VE named them. At least one condition is required.
 */
export interface PortSelector extends PortConditions {
  /**
   * What is left out: single ports, and all ports that match conditions. The order does not matter. Default: nothing.
   */
  except?: Input<Input<ExcludedPort>[]>;
}

/** A port that a selector leaves out, or conditions that leave out every port that matches them. */
export type ExcludedPort = Port | PortConditions;
