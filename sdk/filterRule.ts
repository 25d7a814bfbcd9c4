import type { Input } from "@pulumi/pulumi";

/**
 * One rule of a filter: the first that matches a frame decides. A frame matches when it matches every field that is given.
 * All fields are about the frame as the guest sent it or would get it, never about the tag a bridge puts on it for itself.
 *
 * Fields of a header that is cut short or contradicts itself (a length too small for its own header or beyond the
 * packet's end) count as 0, as they do in Open vSwitch: of a broken IP header all fields, of a broken chain of IPv6
 * extension headers the protocol and what it says of fragments, of a broken TCP, UDP or SCTP header ports and flags.
 *
 * An IP packet is found behind no tag or one. Behind two, Open vSwitch sees no further than to the second tag unless the
 * host sets `other_config:vlan-limit`: then such a frame has the EtherType of the second tag (0x8100 or 0x88a8) and is no
 * IP packet to any rule.
 */
export interface FilterRule {
  /** What becomes of a copy that matches. */
  action: Input<"accept" | "reject">;
  /** Only frames towards the VM (`ingress`) or from it (`egress`). Default: both. */
  direction?: Input<"ingress" | "egress">;
  /** Bytes kept of the copies this rule accepts. Default: the flow's `snapLength`, else the whole frame. */
  snapLength?: Input<number>;
  /**
   * The EtherType behind the tag, if there is one. `ipv4`, `ipv6`, `arp` or a number: 0x0600 to 0xffff, or 0x05ff for
   * 802.3 frames that have none. A SNAP header's EtherType counts as the frame's own. Default: any.
   */
  etherType?: Input<"ipv4" | "ipv6" | "arp" | number>;
  /**
   * The IP protocol. `tcp`, `udp`, `sctp` and numbers are of IPv4 and of IPv6 unless another field tells; `icmp` is of
   * IPv4 and `icmpv6` of IPv6. In IPv6 it is the protocol after the extension headers hop-by-hop, routing, destination
   * options, authentication and fragment; any other header ends the search and is the protocol. An IPv6 fragment after
   * the first has the protocol 44 and no other. In IPv4 the header says it of every fragment.
   */
  protocol?: Input<"tcp" | "udp" | "sctp" | "icmp" | "icmpv6" | number>;
  /**
   * Source address: one address, or a CIDR prefix without host bits. Says IPv4 or IPv6. With `etherType` arp, the IPv4
   * address of ARP's sender, and as `destination` the one it asks for; of an ARP packet that is not about Ethernet and
   * IPv4, both count as 0.
   */
  source?: Input<string>;
  /** Destination address, like `source`. */
  destination?: Input<string>;
  /**
   * Source port, or a range `"8000-8999"` with both its ends included. Needs `protocol` tcp, udp or sctp. Fragments
   * after the first have no ports, so that no rule with ports matches them, not even with all ports.
   */
  sourcePort?: Input<number | string>;
  /** Destination port, like `sourcePort`. */
  destinationPort?: Input<number | string>;
  /** The frame's source MAC address. */
  sourceMac?: Input<string>;
  /** The frame's destination MAC address. */
  destinationMac?: Input<string>;
  /**
   * VLAN of the guest's own outermost tag (802.1Q or 802.1ad), or `untagged`. 0: a tag that has a priority and no VLAN;
   * where that priority is 0 too, Open vSwitch mirrors most such frames without the tag, and they are untagged.
   * Every frame of an access port or `dot1q-tunnel` port counts as untagged; on a `native-*` port those of the native
   * VLAN do, also where the guest itself tagged them. A tag whose frame ends before the EtherType behind it is none.
   */
  vlan?: Input<number | "untagged">;
  /**
   * TCP flags: `"syn"` or `"syn,ack"`: these set; `"+syn-ack"`: `syn` set and `ack` clear. Flags not named may be either.
   * Names: fin, syn, rst, psh, ack, urg, ece, cwr, ns. Needs `protocol` tcp. Fragments after the first have no flags, so
   * that no rule with flags matches them.
   */
  tcpFlags?: Input<string>;
  /**
   * `first`: the first of several fragments; `later`: one after it; `any`: either; `none`: an IP packet that is whole,
   * also an IPv6 packet with a fragment header that has neither offset nor flags. Default: all of these. Matches IP only.
   */
  fragment?: Input<"first" | "later" | "any" | "none">;
}
