/**
 * A VM of a host with its vNICs by ascending MAC address. A port that belongs to no VM is listed as a VM of its own,
 * with the port's name.
 */
export interface Vm {
  id: string;
  /** As the cloud wrote it; absent: the port is no VM's, as far as its row says. */
  uuid?: string;
  name: string;
  vnics: Vnic[];
}

/** One port that can be tapped, or be a monitor. */
export interface Vnic {
  port: string;
  /** The reference to it in an `Edit`. */
  ref: PortRef;
  index: number;
  mac?: string;
  ifaceId?: string;
  network?: string;
  vlan?: number;
  /** Bytes. */
  mtu?: number;
  /** It serves as a monitor, and cannot be tapped. */
  monitor: boolean;
  /** Names of the taps of it. */
  tappedBy: string[];
}

/** What the side panel of *New tap* says of one host. */
export interface NewTapFacts {
  /** Names of the ports that the tap would be of now. */
  ports: string[];
  /** The largest MTU of these ports, and the largest frame that fits through the tunnel; absent where one is not known. */
  mtu?: { source: number; path: number };
  /** How many more capture groups the host has room for. */
  mirrorsLeft: number;
  /** Why these ports cannot be tapped into this service, or what to know before. */
  conflicts: string[];
}

/** How a port is found on its host. */
export type PortRef = { vmUuid: string; vnic?: number } | { ifaceId: string } | { port: string };

/** What ports have in common: all that is given. */
export interface PortConditions {
  network?: string;
  vlan?: number;
  vm?: string;
  /** `*` stands for any characters, `?` for one. */
  name?: string;
  /** The value `*` is any. */
  externalIds?: Record<string, string>;
}

/** All ports of a host that meet the conditions, now and later, as `ports` of a TapFlow. */
export interface PortSelector extends PortConditions {
  /** What is left out: ports by name or as a program names them otherwise, and all that meet conditions. */
  except?: (
    | string
    | PortConditions
    | { ifaceId: string }
    | { mac: string }
    | { vmUuid: string; vnic?: number }
  )[];
}
