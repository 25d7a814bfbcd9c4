import { DATAPATH, neighbourLine } from "./datapath.js";

/** Where a host is on the underlay: what its peers need to know. */
export interface Nic {
  /** The bridge that the card is in and that has the address. */
  bridge: string;
  /** The card's name in the host's namespace. */
  port: string;
  address: string;
  mac: string;
}

/** The cards of host K. */
export function nicsOf(host: number, count: number): Nic[] {
  return [
    { bridge: "br-phy", port: "nic1", address: `192.0.2.${10 + host}`, mac: macOf(1, host) },
    { bridge: "br-phy2", port: "nic2", address: `198.51.100.${10 + host}`, mac: macOf(2, host) },
  ].slice(0, count);
}

/** The VNI that a VLAN of `br-int` has between hosts. */
function vniOf(vlan: number): number {
  return 1000 + vlan;
}

/** A production tunnel's port name, as Neutron makes it from the far end's address. */
function productionPort(remoteIp: string): string {
  const hex = remoteIp.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return `vxlan-${hex.join("")}`;
}

/** The ovs-vsctl commands for a host's bridges and production tunnels, each a group of words. `mtu` is the underlay's. */
export function bridgeCommands(
  nics: readonly Nic[],
  peers: readonly Nic[],
  udpPort: number | "none",
  mtu: number,
): string[][] {
  const bridge = (name: string, ...settings: string[]) => [
    ["--may-exist", "add-br", name],
    ["set", "Bridge", name, `datapath_type=${DATAPATH}`, ...settings],
  ];
  const patch = (on: string, name: string, peer: string) => [
    ["add-port", on, name],
    ["set", "Interface", name, "type=patch", `options:peer=${peer}`],
  ];
  const tunnel = (local: Nic, remote: Nic) => {
    const name = productionPort(remote.address);
    const ends = [`options:local_ip=${local.address}`, `options:remote_ip=${remote.address}`];
    const rest = [
      "options:df_default=true",
      "options:in_key=flow",
      "options:out_key=flow",
      `options:dst_port=${udpPort}`,
    ];
    return [
      ["add-port", "br-tun", name],
      ["set", "Interface", name, "type=vxlan", ...ends, ...rest],
    ];
  };
  return [
    ...bridge("br-int", "fail_mode=secure"),
    ...bridge("br-tun", "fail_mode=secure"),
    ...patch("br-int", "patch-tun", "patch-int"),
    ...patch("br-tun", "patch-int", "patch-tun"),
    ...nics.flatMap((nic) => [
      ...bridge(nic.bridge, `other_config:hwaddr="${nic.mac}"`),
      // By itself an internal port follows the card's MTU only downwards.
      ["set", "Interface", nic.bridge, `mtu_request=${mtu}`],
      ["add-port", nic.bridge, nic.port],
    ]),
    ...(udpPort === "none" ? [] : peers.flatMap((peer) => tunnel(nics[0]!, peer))),
  ];
}

/** `br-tun`'s flows that hold for every VLAN. Split horizon: what came from a tunnel goes to `br-int` only. */
export function tunnelFlows(peers: readonly Nic[]): string[] {
  return [
    "table=0,priority=0,actions=drop",
    "table=0,priority=1,in_port=patch-int,actions=resubmit(,22)",
    ...peers.map(
      ({ address }) => `table=0,priority=1,in_port=${productionPort(address)},actions=resubmit(,4)`,
    ),
    "table=4,priority=0,actions=drop",
    "table=22,priority=0,actions=drop",
  ];
}

/** `br-tun`'s flows for one VLAN: out to all other hosts under its VNI, in from them with its tag. */
export function vlanFlows(vlan: number, peers: readonly Nic[]): string[] {
  const outputs = peers.map(({ address }) => `output:${productionPort(address)}`);
  if (outputs.length === 0) return [];
  return [
    `table=4,priority=1,tun_id=${vniOf(vlan)},actions=mod_vlan_vid:${vlan},output:patch-int`,
    `table=22,priority=1,dl_vlan=${vlan},actions=strip_vlan,set_tunnel:${vniOf(vlan)},${outputs.join(",")}`,
  ];
}

/** The shell lines that bring a host's addresses up and tell it the way to its peers, so that no first packet is lost to ARP. */
export function networkScript(nics: readonly Nic[], peers: readonly Nic[]): string {
  const inSameNetwork = (nic: Nic) => peers.filter((peer) => peer.bridge === nic.bridge);
  return nics
    .flatMap((nic) => [
      `ip address add ${nic.address}/24 dev ${nic.bridge}`,
      `ip link set ${nic.bridge} up`,
      ...inSameNetwork(nic).map(({ address, mac }) => neighbourLine(nic.bridge, address, mac)),
      `until ovs-appctl ovs/route/show | grep -q 'dev ${nic.bridge} '; do sleep 0.01; done`,
    ])
    .join("\n");
}

function macOf(nic: number, host: number): string {
  return `02:00:00:00:0${nic}:${host.toString(16).padStart(2, "0")}`;
}
