import type { Input } from "@pulumi/pulumi";

/** One rule of a filter. The first rule that matches a frame decides. A field that is left out matches everything. */
export interface FilterRule {
  /** What becomes of the copy. */
  action: Input<"accept" | "reject">;
  /** Only frames towards the VM (`ingress`) or from it (`egress`). */
  direction?: Input<"ingress" | "egress">;
  /** Bytes kept of what this rule accepts, at least 14; goes before the flow's own `snapLength`. */
  snapLength?: Input<number>;
  etherType?: Input<"ipv4" | "ipv6" | "arp" | number>;
  /** IP protocol, by name or number. */
  protocol?: Input<"tcp" | "udp" | "sctp" | "icmp" | "icmpv6" | number>;
  /** Source address or CIDR, v4 or v6, without host bits. */
  source?: Input<string>;
  /** Destination address or CIDR, v4 or v6, without host bits. */
  destination?: Input<string>;
  /** A port (443) or a range ("8000-8999"); needs protocol tcp, udp or sctp. */
  sourcePort?: Input<number | string>;
  /** A port (443) or a range ("8000-8999"); needs protocol tcp, udp or sctp. */
  destinationPort?: Input<number | string>;
  sourceMac?: Input<string>;
  destinationMac?: Input<string>;
  /** VLAN of the guest's own tag, or `untagged`. */
  vlan?: Input<number | "untagged">;
  /** Flags that must be set ("syn,ack"), or must be set and must not ("+syn-ack"); needs protocol tcp. */
  tcpFlags?: Input<string>;
  /** `first` or `later` fragments, `any` fragment, or `none`: whole packets. */
  fragment?: Input<"first" | "later" | "any" | "none">;
}
