import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import type { Look } from "../converge/look";
import type { FoundPort } from "../model/findPort";
import { render } from "../model/render";
import { selectPorts } from "../model/selectPorts";
import { printableLine } from "../printable";
import type { FlowInputs } from "../schema/flow";
import { type FoundIfaceIds, foundIfaceIds, withFoundIfaceId } from "../schema/port";
import { type Presence, portNameOf, seekSource } from "./found";
import { locate } from "./locate";

/** What a flow taps, as the program names it: a port or a selector. */
export type Tap = Pick<FlowInputs, "port" | "ports">;

/** The result of the search for what a flow taps. */
export interface FoundTap {
  /** The host that has it. */
  source: Look;
  ports: readonly FoundPort[];
  /** Their OVS names, for people. */
  portNames: string[];
  /** What to report about a port that is not plugged; a selector may match none. */
  missing: string | undefined;
  /** What is tapped, as the claim names it from now on. */
  claimed: Tap;
  ifaceIds: FoundIfaceIds | undefined;
}

/** A flow's tap, with what the state records about its port. */
export function knownTap({ port, ports }: Tap, known: FoundIfaceIds | undefined): Tap {
  return port === undefined ? { ports } : { port: withFoundIfaceId(port, known) };
}

/** The names of the ports that a flow taps on a host, for people, in order. */
export function tappedNames(seen: Look, { port, ports }: Tap): string[] {
  if (ports === undefined) return [portNameOf(seen, port!)].filter((name) => name !== "");
  return namesOf(selectedOn(seen, ports));
}

function namesOf(ports: readonly FoundPort[]): string[] {
  return ports.map(({ port }) => printableLine(port.name)).sort();
}

function selectedOn({ record, facts, read }: Look, selector: NonNullable<Tap["ports"]>): FoundPort[] {
  const [integrationBridge, tapBridge] = [integrationBridgeOf(record), tapBridgeOf(record)];
  const desired = render(read.claims, facts, tapBridge);
  return selectPorts(selector, { facts, integrationBridge, tapBridge, desired });
}

/** Looks for a flow's port or ports on a host. Throws if a port is required and cannot be used. */
export function seekTap(source: Look, { port, ports }: Tap, presence: Presence): FoundTap {
  if (ports !== undefined) {
    const selected = selectedOn(source, ports);
    const portNames = namesOf(selected);
    return {
      source,
      ports: selected,
      portNames,
      missing: undefined,
      claimed: { ports },
      ifaceIds: undefined,
    };
  }
  const { found, missing, claimed } = seekSource(source, port!, presence);
  return {
    source,
    ports: found === undefined ? [] : [found],
    portNames: tappedNames(source, { port }),
    missing,
    claimed: { port: claimed },
    ifaceIds: foundIfaceIds([claimed]),
  };
}

/** The same on the candidate that has the port. Ports are selected on one host. */
export function locateTap(
  candidates: readonly Look[],
  tap: Tap,
  holds: (look: Look) => boolean,
  presence: Presence,
): FoundTap {
  const source = tap.port === undefined ? candidates[0]! : locate(candidates, tap.port, holds, presence);
  return seekTap(source, tap, presence);
}
