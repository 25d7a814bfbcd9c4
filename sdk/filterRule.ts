import type { Input } from "@pulumi/pulumi";

/**
 * One rule of a filter; the first rule that matches a frame decides. A frame matches a rule if it matches every field
 * that is given. All fields refer to the frame as the guest sent it or would receive it, never to a VLAN tag that a
 * bridge adds for its own use.
 *
 * Fields of a truncated or inconsistent header (a length smaller than the header itself or beyond the end of the
 * packet) count as 0, as in Open vSwitch: all fields of a broken IP header; the protocol and the fragment state of a
 * broken chain of IPv6 extension headers; ports and flags of a broken TCP, UDP or SCTP header.
 *
 * An IP packet is recognised untagged or behind one tag. Behind two tags, Open vSwitch looks no further than the second
 * tag, unless the host sets `other_config:vlan-limit`. Such a frame then has the EtherType of the second tag (0x8100 or
 * 0x88a8), and no rule regards it as an IP packet.
 */
export interface FilterRule {
  /** What happens to a copy that matches. */
  action: Input<"accept" | "reject">;
  /** Only frames towards the VM (`ingress`) or from it (`egress`). Default: both. */
  direction?: Input<"ingress" | "egress">;
  /** Bytes kept of the copies this rule accepts, 14 to 65535. Default: the flow's `snapLength`, else the whole frame. */
  snapLength?: Input<number>;
  /**
   * The EtherType after the VLAN tag, if there is one: `ipv4`, `ipv6`, `arp` or a number from 0x0600 to 0xffff. 0x05ff
   * stands for 802.3 frames, which have none. The EtherType of a SNAP header counts as the frame's own. Default: any.
   */
  etherType?: Input<"ipv4" | "ipv6" | "arp" | number>;
  /**
   * The IP protocol. `tcp`, `udp`, `sctp` and numbers match IPv4 and IPv6 unless another field limits the version;
   * `icmp` is IPv4 and `icmpv6` is IPv6. In IPv6 it is the protocol after the extension headers hop-by-hop, routing,
   * destination options, authentication and fragment; any other header ends the search and is the protocol. An IPv6
   * fragment after the first has protocol 44 and no other. In IPv4, every fragment carries the protocol in its header. Default: any.
   */
  protocol?: Input<"tcp" | "udp" | "sctp" | "icmp" | "icmpv6" | number>;
  /**
   * Source address: one address, or a CIDR prefix without host bits. It implies IPv4 or IPv6. With `etherType` arp it
   * is the IPv4 address of the ARP sender, and `destination` is the one that ARP asks for; both count as 0 in an ARP
   * packet that is not about Ethernet and IPv4. Default: any.
   */
  source?: Input<string>;
  /** Destination address, like `source`. Default: any. */
  destination?: Input<string>;
  /**
   * Source port, or an inclusive range such as `"8000-8999"`. Needs `protocol` tcp, udp or sctp. Fragments after the
   * first have no ports, so no rule with ports matches them, not even a rule for all ports. Default: any.
   */
  sourcePort?: Input<number | string>;
  /** Destination port, like `sourcePort`. Default: any. */
  destinationPort?: Input<number | string>;
  /** The frame's source MAC address. Default: any. */
  sourceMac?: Input<string>;
  /** The frame's destination MAC address. Default: any. */
  destinationMac?: Input<string>;
  /**
   * VLAN id of the guest's own outermost tag (802.1Q or 802.1ad), or `untagged`. 0 means a tag with a priority and no
   * VLAN; if that priority is 0 too, Open vSwitch mirrors most such frames without the tag, and they are untagged.
   * Every frame of an access port or `dot1q-tunnel` port counts as untagged. On a `native-*` port, so does every frame
   * of the native VLAN, even one that the guest tagged itself. A tag counts as none if the frame ends before the
   * EtherType that follows it. Default: any, and none.
   */
  vlan?: Input<number | "untagged">;
  /**
   * TCP flags. `"syn"` or `"syn,ack"`: these are set. `"+syn-ack"`: `syn` is set and `ack` is clear. Flags not named
   * may be either. Names: fin, syn, rst, psh, ack, urg, ece, cwr, ns. Needs `protocol` tcp. Fragments after the first
   * have no flags, so no rule with flags matches them. Default: any.
   */
  tcpFlags?: Input<string>;
  /**
   * `first`: the first of several fragments; `later`: any fragment after it; `any`: either; `none`: a whole IP packet,
   * including an IPv6 packet whose fragment header has neither offset nor flags. Default: all of these. Matches IP
   * only.
   */
  fragment?: Input<"first" | "later" | "any" | "none">;
}
