/** What one host's OVSDB says, read in one transaction. Only the columns this project needs. UUIDs are plain strings. */
export interface Facts {
  /** `_uuid` of the `Open_vSwitch` row: the same for every alias of a machine. */
  machine: string;
  /** `ovs_version`. */
  version: string | undefined;
  /** `external_ids` of the `Open_vSwitch` row. */
  externalIds: Record<string, string>;
  /** `other_config` of the `Open_vSwitch` row. */
  otherConfig: Record<string, string>;
  /** Whether DPDK is at work in ovs-vswitchd. */
  dpdk?: boolean;
  /** ovs-vswitchd has not put all of this into effect yet: port numbers may be those of before, or of another bridge. */
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
  /** UUIDs of the OpenFlow controllers it is given. */
  controllers?: string[];
  /** The spanning tree protocols it takes part in: `stp_enable`, `rstp_enable`. */
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
  /** OpenFlow port number; -1 when vswitchd could not make the port; undefined when it has not looked yet. */
  ofport: number | undefined;
  ofportRequest: number | undefined;
  options: Record<string, string>;
  externalIds: Record<string, string>;
  /** The MAC address that it is given; undefined where it has its own. */
  mac?: string | undefined;
  macInUse: string | undefined;
  /** MTU that vswitchd found, in bytes. */
  mtu?: number | undefined;
  /** The MTU that it is given. */
  mtuRequest?: number | undefined;
  /** What the kernel calls its device, which another device of the same name is not called. */
  ifindex?: number | undefined;
  /** `up` or `down`: whether its device has a link; undefined where Open vSwitch does not say. */
  linkState?: string | undefined;
  /** Configuration of bidirectional forwarding detection. */
  bfd?: Record<string, string>;
  /** `up` when the other end is reached; undefined where detection is off. */
  bfdState?: string | undefined;
  /** Why vswitchd could not make it. */
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
  externalIds: Record<string, string>;
}
