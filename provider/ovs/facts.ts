/**
 * What one host's OVSDB contained at one moment, read in one transaction: only the columns that this project needs.
 * UUIDs are plain strings.
 */
export interface Facts {
  /** `_uuid` of the `Open_vSwitch` row: the same for every alias of a machine. */
  machine: string;
  /** `ovs_version`. */
  version: string | undefined;
  /** `external_ids` of the `Open_vSwitch` row. */
  externalIds: Record<string, string>;
  /** `other_config` of the `Open_vSwitch` row. */
  otherConfig: Record<string, string>;
  /** Whether ovs-vswitchd uses DPDK. */
  dpdk?: boolean;
  /** ovs-vswitchd has not applied all of this yet: port numbers may be older ones, or those of another bridge. */
  unsettled?: true;
  bridges: BridgeFacts[];
  /** By UUID. */
  ports: Record<string, PortFacts>;
  /** By UUID. */
  interfaces: Record<string, InterfaceFacts>;
  /** By UUID. */
  mirrors: Record<string, MirrorFacts>;
}

export interface BridgeFacts {
  uuid: string;
  name: string;
  datapathType: string;
  failMode: string | undefined;
  /** OpenFlow versions the bridge accepts, such as `OpenFlow13`; empty means OVS's default, 1.0 to 1.5. */
  protocols?: string[];
  /** UUIDs of its OpenFlow controllers. */
  controllers?: string[];
  /** The spanning tree protocols that are enabled: `stp_enable`, `rstp_enable`. */
  spanningTree?: string[];
  externalIds: Record<string, string>;
  otherConfig: Record<string, string>;
  /** Port UUIDs. */
  ports: string[];
  /** Mirror UUIDs. */
  mirrors: string[];
}

export interface PortFacts {
  uuid: string;
  name: string;
  /** Interface UUIDs; more than one is a bond. */
  interfaces: string[];
  tag: number | undefined;
  trunks: number[];
  vlanMode: string | undefined;
  externalIds: Record<string, string>;
  otherConfig: Record<string, string>;
}

export interface InterfaceFacts {
  uuid: string;
  name: string;
  type: string;
  /** OpenFlow port number; -1 if vswitchd could not create the port; undefined if it has not processed it yet. */
  ofport: number | undefined;
  ofportRequest: number | undefined;
  options: Record<string, string>;
  externalIds: Record<string, string>;
  /** The MAC address set for it; undefined if it keeps its own. */
  mac?: string | undefined;
  macInUse: string | undefined;
  /** The MTU that vswitchd reports, in bytes. */
  mtu?: number | undefined;
  /** The MTU that is requested. */
  mtuRequest?: number | undefined;
  /** The kernel's index of its device, which another device of the same name does not have. */
  ifindex?: number | undefined;
  /** `up` or `down`: whether its device has a link; undefined if Open vSwitch does not report it. */
  linkState?: string | undefined;
  /** Configuration of Bidirectional Forwarding Detection. */
  bfd?: Record<string, string>;
  /** `up` if the other end is reachable; undefined if detection is off. */
  bfdState?: string | undefined;
  /** Why vswitchd could not create it. */
  error: string | undefined;
}

export interface MirrorFacts {
  uuid: string;
  name: string;
  selectAll: boolean;
  /** Port UUIDs, sorted. */
  selectSrcPort: string[];
  /** Port UUIDs, sorted. */
  selectDstPort: string[];
  selectVlan: number[];
  /** Port UUID. */
  outputPort: string | undefined;
  outputVlan: number | undefined;
  snaplen: number | undefined;
  /** Which packets are copied; undefined if all are, as before Open vSwitch 3.4. */
  filter?: string | undefined;
  externalIds: Record<string, string>;
}
