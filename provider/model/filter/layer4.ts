import type { FilterRule } from "../../schema/filter";
import { portRange } from "../../schema/filter/portRange";
import { TCP_FLAGS } from "../../schema/filter/tcpFlags";
import { type Field, type FieldMatch, is, masked } from "../match";
import { coverRange, type Masked } from "./cover";

/** Kinds of fragments: bit 0 is set for a fragment, bit 1 if it is not the first (ovs-fields(7), ip_frag). */
const FRAGMENTS = {
  none: is("ip_frag", 0),
  any: masked("ip_frag", 1, 1),
  first: is("ip_frag", 1),
  later: is("ip_frag", 3),
  notLater: masked("ip_frag", 0, 2),
} as const;

/** The match field of a kind of fragment. */
export function fragmentIs(kind: NonNullable<FilterRule["fragment"]>): FieldMatch {
  return FRAGMENTS[kind];
}

/** The match field for TCP flags in the schema's canonical form: `+syn-ack`. */
function flagsAre(flags: string): FieldMatch {
  let [value, mask] = [0n, 0n];
  for (const [, sign, name] of flags.matchAll(/([+-])([a-z]+)/g)) {
    const bit = 1n << BigInt(TCP_FLAGS.indexOf(name!));
    mask |= bit;
    if (sign === "+") value |= bit;
  }
  return masked("tcp_flags", value, mask);
}

/** The port fields of each protocol that has ports. */
const PORT_FIELDS = {
  tcp: { source: "tcp_src", destination: "tcp_dst" },
  udp: { source: "udp_src", destination: "udp_dst" },
  sctp: { source: "sctp_src", destination: "sctp_dst" },
} as const;

/** The fields of a rule's ports. The schema requires one of these protocols for ports. */
function portFields(protocol: FilterRule["protocol"]): (typeof PORT_FIELDS)[keyof typeof PORT_FIELDS] {
  return PORT_FIELDS[protocol as keyof typeof PORT_FIELDS] ?? PORT_FIELDS.tcp;
}

/**
 * The match fields after the IP addresses: fragment, ports, flags; one list for each combination of bitwise port
 * matches. In OVS, fragments after the first have zero ports and flags, so a match that zeros satisfy must exclude
 * them.
 */
export function layer4Matches(rule: FilterRule): FieldMatch[][] {
  const hasHeader = [rule.sourcePort, rule.destinationPort, rule.tcpFlags].some(
    (given) => given !== undefined,
  );
  const sources = masks(rule.sourcePort);
  const destinations = masks(rule.destinationPort);
  const meetsNoFlags = rule.tcpFlags === undefined || !rule.tcpFlags.includes("+");
  const fields = portFields(rule.protocol);
  return sources.flatMap((source) =>
    destinations.map((destination) => {
      const meetsZeros = source.value === 0 && destination.value === 0 && meetsNoFlags;
      return [
        ...fragmentField(rule.fragment, hasHeader, meetsZeros),
        ...portField(fields.source, source),
        ...portField(fields.destination, destination),
        ...(rule.tcpFlags === undefined ? [] : [flagsAre(rule.tcpFlags)]),
      ];
    }),
  );
}

function masks(ports: number | string | undefined): Masked[] {
  if (ports === undefined) return [{ value: 0, mask: 0 }];
  const { first, last } = portRange(ports);
  return coverRange(first, last);
}

function portField(field: Field, { value, mask }: Masked): FieldMatch[] {
  if (mask === 0) return [];
  return [mask === 0xffff ? is(field, value) : masked(field, value, mask)];
}

function fragmentField(
  fragment: FilterRule["fragment"],
  hasHeader: boolean,
  meetsZeros: boolean,
): FieldMatch[] {
  if (fragment === undefined) return hasHeader && meetsZeros ? [FRAGMENTS.notLater] : [];
  return [fragmentIs(hasHeader && fragment === "any" ? "first" : fragment)];
}
