import * as z from "zod";
import { snapLength } from "../common";
import { mac } from "../port";
import { readCidr } from "./address";
import { readEtherType, readProtocol, readVlan } from "./kinds";
import { readPorts } from "./portRange";
import { field } from "./reading";
import { readTcpFlags } from "./tcpFlags";

/** What becomes of a copy. */
export const filterAction = z.enum(["accept", "reject"], 'must be "accept" or "reject"');
export type FilterAction = z.output<typeof filterAction>;

/**
 * The fields of a rule. A frame matches when it matches every field that is given. All fields are about the frame as the
 * guest sent it or would get it, never about the tag a bridge puts on it for itself.
 *
 * Fields of a header that is cut short or contradicts itself (a length too small for its own header or beyond the
 * packet's end) count as 0, as they do in Open vSwitch: of a broken IP header all fields, of a broken chain of IPv6
 * extension headers the protocol and what it says of fragments, of a broken TCP, UDP or SCTP header ports and flags.
 *
 * An IP packet is found behind no tag or one. Behind two, Open vSwitch sees no further than to the second tag unless the
 * host sets `other_config:vlan-limit`: then such a frame has the EtherType of the second tag (0x8100 or 0x88a8) and is no
 * IP packet to any rule.
 */
export const fields = {
  /** What becomes of a copy that matches. */
  action: filterAction,
  /** Only frames towards the VM (`ingress`) or from it (`egress`). Default: both. */
  direction: z.enum(["ingress", "egress"], 'must be "ingress" or "egress"').optional(),
  /** Bytes kept of the copies this rule accepts. Default: the flow's `snapLength`, else the whole frame. */
  snapLength: snapLength.optional(),
  /**
   * The EtherType behind the tag, if there is one. `ipv4`, `ipv6`, `arp` or a number: 0x0600 to 0xffff, or 0x05ff for
   * 802.3 frames that have none. A SNAP header's EtherType counts as the frame's own. Default: any.
   */
  etherType: field(readEtherType).optional(),
  /**
   * The IP protocol. `tcp`, `udp`, `sctp` and numbers are of IPv4 and of IPv6 unless another field tells; `icmp` is of
   * IPv4 and `icmpv6` of IPv6. In IPv6 it is the protocol after the extension headers hop-by-hop, routing, destination
   * options, authentication and fragment; any other header ends the search and is the protocol. An IPv6 fragment after
   * the first has the protocol 44 and no other. In IPv4 the header says it of every fragment.
   */
  protocol: field(readProtocol).optional(),
  /** Source address: a CIDR prefix, or one address. Says IPv4 or IPv6. ARP's addresses are not matched. */
  source: field(readCidr).optional(),
  /** Destination address, like `source`. */
  destination: field(readCidr).optional(),
  /**
   * Source port, or a range `"8000-8999"` with both its ends included. Needs `protocol` tcp, udp or sctp. Fragments
   * after the first have no ports, so that no rule with ports matches them, not even with all ports.
   */
  sourcePort: field(readPorts).optional(),
  /** Destination port, like `sourcePort`. */
  destinationPort: field(readPorts).optional(),
  /** The frame's source MAC address. */
  sourceMac: mac.optional(),
  /** The frame's destination MAC address. */
  destinationMac: mac.optional(),
  /**
   * VLAN of the guest's own outermost tag (802.1Q or 802.1ad), or `untagged`. 0: a tag that has a priority and no VLAN;
   * where that priority is 0 too, Open vSwitch mirrors most such frames without the tag, and they are untagged.
   * Every frame of an access port or `dot1q-tunnel` port counts as untagged; on a `native-*` port those of the native
   * VLAN do, also where the guest itself tagged them. A tag whose frame ends before the EtherType behind it is none.
   */
  vlan: field(readVlan).optional(),
  /**
   * TCP flags: `"syn"` or `"syn,ack"`: these set; `"+syn-ack"`: `syn` set and `ack` clear. Flags not named may be either.
   * Names: fin, syn, rst, psh, ack, urg, ece, cwr, ns. Needs `protocol` tcp. Fragments after the first have no flags, so
   * that no rule with flags matches them.
   */
  tcpFlags: field(readTcpFlags).optional(),
  /**
   * `first`: the first of several fragments; `later`: one after it; `any`: either; `none`: an IP packet that is whole,
   * also an IPv6 packet with a fragment header that has neither offset nor flags. Default: all of these. Matches IP only.
   */
  fragment: z.enum(["first", "later", "any", "none"], 'must be "first", "later", "any" or "none"').optional(),
};

/** A rule as it is read. */
export type FilterRule = z.output<z.ZodObject<typeof fields>>;
