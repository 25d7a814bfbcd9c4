/** How a lab is made. Everything has a default: `startLab()` boots three hosts without VMs. */
export interface LabOptions {
  /** How many hosts, or what is special about each. Default 3. */
  hosts?: number | readonly HostOptions[];
  /** VMs to boot with the hosts; `lab.addVm` adds more later. */
  vms?: readonly VmOptions[];
  /** MTU of the network between the hosts. Default 1500. */
  underlayMtu?: number;
  /** Network cards of each host: the first has 192.0.2.(10+K), the second 198.51.100.(10+K). Default 1. */
  nics?: 1 | 2;
  /** Host K's SSH answers on 127.0.0.1, port base+K. Default 2200, or the next free hundred. A given base must be free. */
  basePort?: number;
  /** UDP port of the production VXLAN mesh. Default 4789. `none`: the hosts have no production tunnels. */
  productionTunnels?: number | "none";
  /** `unknown`: the hosts do not know each other's MAC addresses, so that no tunnel carries packets. Telling each of 100 hosts those of all
   *  others takes 9,900 commands. Default `known`. */
  neighbours?: "known" | "unknown";
  /** Kinds of SSH host keys each host has. Default ed25519 and ecdsa. */
  hostKeyTypes?: readonly HostKeyType[];
}

/** A kind of SSH key, as `ssh-keygen -t` names it. */
export type HostKeyType = "ed25519" | "ecdsa" | "rsa";

/** What can differ from host to host. */
export interface HostOptions {
  /** Lines for sshd_config that win over the lab's own, such as `AllowStreamLocalForwarding no`. */
  sshd?: readonly string[];
  /** `external_ids` of the Open_vSwitch row, besides `system-id`. */
  externalIds?: Readonly<Record<string, string>>;
  /** `other_config` of the Open_vSwitch row. */
  otherConfig?: Readonly<Record<string, string>>;
  /** What the user `tapadmin` may run with `sudo -n`, as sudoers(5) writes it. Default: the OVS tools. Without effect where sudo is not installed. */
  sudoCommands?: string;
}

/** A VM: a namespace with a veth into a host's `br-int`, described in OVSDB as Neutron and libvirt do. */
export interface VmOptions {
  /** At most 11 characters: the OVS port is called `tap-<name>`. */
  name: string;
  /** Number of its host, from 1. */
  host: number;
  /** Access VLAN on `br-int`; VLAN N is VNI 1000+N between the hosts. Default 10, unless `trunk` is given. */
  vlan?: number;
  /** Instead of `vlan`: a trunk port that carries these VLANs tagged; an empty list is all VLANs (of which those that some VM names cross the hosts). */
  trunk?: readonly number[];
  /** Default fa:16:3e:00:00:NN. */
  mac?: string;
  /** Default 198.51.100.(100+NN). */
  ip?: string;
  /** `external_ids:iface-id`. Default: a UUID made from the name. */
  ifaceId?: string;
  /** `external_ids:vm-uuid`. Default: a UUID made from the name. */
  vmUuid?: string;
  /** Default 1450, as Neutron gives on VXLAN over 1500. */
  mtu?: number;
  /** `silent`: the kernel inside has no address and sends nothing by itself, so tests can demand exact frames.
   *  `kernel`: it has `ip` with a /24, answers ARP and ping, and programs run in it. Default `silent`. */
  stack?: "silent" | "kernel";
  /** `direct`: its cable is a port of `br-int`. `hybrid`: it ends in a Linux bridge `qbr-<name>` of its own, and a veth pair `qvb-<name>`,
   *  `qvo-<name>` leads from there to `br-int`, as with Neutron's iptables firewall. Default `direct`. */
  plug?: "direct" | "hybrid";
}
