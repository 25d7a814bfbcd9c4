import type { FilterRule } from "../../schema/filter";
import { portRange } from "../../schema/filter/portRange";
import { coverRange, type Masked } from "./cover";

/** What ovs-ofctl calls a kind of fragment. */
export const FRAGMENT_WORDS = { none: "no", any: "yes", first: "first", later: "later" } as const;

/**
 * The match fields behind the IP addresses: fragment, ports, flags; one list for each combination of bitwise port
 * matches. Fragments after the first have zeros for ports and flags in OVS: a match that zeros meet must keep them out.
 */
export function layer4Matches(rule: FilterRule): string[][] {
  const hasHeader = [rule.sourcePort, rule.destinationPort, rule.tcpFlags].some(
    (given) => given !== undefined,
  );
  const sources = masks(rule.sourcePort);
  const destinations = masks(rule.destinationPort);
  const meetsNoFlags = rule.tcpFlags === undefined || !rule.tcpFlags.includes("+");
  return sources.flatMap((source) =>
    destinations.map((destination) => {
      const meetsZeros = source.value === 0 && destination.value === 0 && meetsNoFlags;
      return [
        ...fragmentField(rule.fragment, hasHeader, meetsZeros),
        ...portField("tp_src", source),
        ...portField("tp_dst", destination),
        ...(rule.tcpFlags === undefined ? [] : [`tcp_flags=${rule.tcpFlags}`]),
      ];
    }),
  );
}

function masks(ports: number | string | undefined): Masked[] {
  if (ports === undefined) return [{ value: 0, mask: 0 }];
  const { first, last } = portRange(ports);
  return coverRange(first, last);
}

function portField(name: string, { value, mask }: Masked): string[] {
  if (mask === 0) return [];
  return [mask === 0xffff ? `${name}=${value}` : `${name}=0x${value.toString(16)}/0x${mask.toString(16)}`];
}

function fragmentField(fragment: FilterRule["fragment"], hasHeader: boolean, meetsZeros: boolean): string[] {
  if (fragment === undefined) return hasHeader && meetsZeros ? ["nw_frag=not_later"] : [];
  return [`nw_frag=${hasHeader && fragment === "any" ? "first" : FRAGMENT_WORDS[fragment]}`];
}
