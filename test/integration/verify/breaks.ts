import type { Tap } from "./estate";

/** What somebody does to the estate, and what is wrong then, as `tap stage host`. */
export interface Break {
  title: string;
  host: 1 | 2;
  /** Shell lines; `$group`, `$tunnel` and so on are those of the tap `farm`. */
  script: string;
  /** Undoes it, where an operation does not. */
  undo?: string;
  wrong: Record<string, RegExp>;
}

/** Each of these taps has the same wrong, at one stage and host. */
function all(taps: readonly Tap[], where: string, words: RegExp): Record<string, RegExp> {
  return Object.fromEntries(taps.map((tap) => [`${tap} ${where}`, words]));
}

const PAIR: readonly Tap[] = ["farm", "inline"];

/** Each stage broken in turn. */
export const BREAKS: readonly Break[] = [
  {
    title: "the Mirror is cleared",
    host: 1,
    script: "ovs-vsctl clear Mirror taas-$group select_src_port select_dst_port",
    wrong: { "farm capture host1": /^altered mirror taas-\w+ on br-int$/ },
  },
  {
    title: "the source is unplugged",
    host: 1,
    script: "ovs-vsctl del-port tap-web",
    undo: "ovs-vsctl add-port br-int tap-web tag=10",
    wrong: { "farm source host1": /^source port "tap-web" is not plugged$/ },
  },
  {
    title: "a rule of the filter is removed",
    host: 1,
    script: "ovs-ofctl del-flows br-tap table=0,udp,in_port=$(ovs-vsctl get Interface mt-$group ofport)",
    wrong: { "farm filter host1": /^missing rule on br-tap: .*table=0.*udp/ },
  },
  {
    title: "somebody's rule takes the copies",
    host: 1,
    script:
      "ovs-ofctl add-flow br-tap priority=9999,in_port=$(ovs-vsctl get Interface mt-$group ofport),actions=drop",
    wrong: { "farm filter host1": /^unexpected rule on br-tap: .*priority=9999/ },
  },
  {
    title: "the tunnel's port is altered",
    host: 1,
    script: "ovs-vsctl set Interface $tunnel options:remote_ip=192.0.2.99",
    wrong: all(PAIR, "tunnel host1", /^altered port mv-\w+ on br-tap$/),
  },
  {
    title: "the tunnel id is altered at its beginning",
    host: 1,
    script:
      'ovs-ofctl mod-flows br-tap "table=2,in_port=$(ovs-vsctl get Interface mt-$group ofport),actions=set_field:7->tun_id,output:$(ovs-vsctl get Interface $tunnel ofport)"',
    wrong: {
      "farm tunnel host1":
        /missing rule on br-tap: .*; unexpected rule on br-tap: .*0x7->(tun_id|NXM_NX_TUN_ID)/,
    },
  },
  {
    title: "the tunnel id is altered at its end",
    host: 2,
    script: `key="external_ids:\\"taas:$farm\\""
ovs-vsctl set Bridge br-tap "$key=$(ovs-vsctl get Bridge br-tap "$key" | sed 's/tunnelId\\\\":[0-9]*/tunnelId\\\\":77/')"`,
    wrong: {
      "farm tunnel host2": /^the tunnel id is \d+ in the claim of the source's host, and 77 in that of/,
    },
  },
  {
    title: "the underlay is cut",
    host: 1,
    script: "ovs-ofctl add-flow br-phy priority=40000,udp,tp_dst=14789,actions=drop",
    undo: "ovs-ofctl --strict del-flows br-phy priority=40000,udp,tp_dst=14789",
    wrong: all(
      PAIR,
      "tunnel host1",
      /^3 probes sent by vxlan UDP port 14789 .* and none arrived on host2: look at/,
    ),
  },
  {
    title: "the underlay's MTU is too small for the longest copies",
    host: 1,
    script: "ip link set nic1 mtu 1400",
    undo: "ip link set nic1 mtu 1500",
    wrong: all(
      [...PAIR, "mesh"],
      "tunnel host1",
      /^copies have up to 1464 bytes, and those of more than 1364 do not arrive on host2: the way by (vxlan|geneve) .* has an MTU of 1400\. Raise it, set snapLength to 1364 or less/,
    ),
  },
  {
    title: "a monitor's device is down",
    host: 2,
    script: "ip link set tap-ids2 down",
    undo: "ip link set tap-ids2 up",
    wrong: {
      "farm delivery host2": /^monitor port tap-ids2 has no link: its VM is stopped, or its device is down$/,
    },
  },
  {
    title: "a monitor is back on br-int",
    host: 2,
    script: "ovs-vsctl del-port tap-ids2 -- add-port br-int tap-ids2 tag=20",
    wrong: { "farm delivery host2": /monitor port tap-ids2 is on br-int/ },
  },
];
