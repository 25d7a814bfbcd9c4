import type { Desired, DesiredPort } from "../model/desired";
import { handover } from "../model/handover";
import type { Facts, InterfaceFacts } from "../ovs/facts";
import { namesOf } from "./ours";
import { oursOn } from "./ports";

/**
 * The resource that only one type of tunnel can hold, and that type: a UDP port, or two addresses with ERSPAN between
 * them.
 */
function holdOf({ type, options }: Pick<InterfaceFacts, "type" | "options">) {
  const { dst_port, erspan_ver, local_ip, remote_ip } = options;
  if (dst_port !== undefined) return { held: dst_port, kind: type };
  return erspan_ver === undefined ? undefined : { held: `${local_ip} ${remote_ip}`, kind: erspan_ver };
}

/** Names of ports that cannot exist at the same time. */
interface Clash {
  /** Ports that cannot be created yet. */
  waiting: ReadonlySet<string>;
  /** The ports that must be deleted first. */
  blocking: ReadonlySet<string>;
}

/**
 * ovs-vswitchd opens and closes listeners by UDP port alone. If one change deletes a tunnel and creates one of another
 * type on the same port, ovs-vswitchd keeps listening for the old type. The new tunnel therefore waits until the old
 * one is gone; so does one of another ERSPAN version.
 */
function clashOf(before: Desired, end: Desired, facts: Facts): Clash {
  const names = namesOf(end, before);
  const ours = facts.bridges.flatMap((bridge) => oursOn(bridge, facts, names));
  const there = new Set(ours.map(({ name }) => name));
  const wanted = new Set(end.ports.map(({ name }) => name));
  const coming = end.ports.filter(({ name }) => !there.has(name));
  const going = ours
    .filter(({ name }) => !wanted.has(name))
    .flatMap(({ name, interfaces }) =>
      interfaces.flatMap((id) => facts.interfaces[id] ?? []).map((nic) => ({ ...nic, name })),
    );
  const clashes = coming.flatMap((port) =>
    going.filter((other) => isClash(port, other)).map((other) => ({ port, other })),
  );
  return {
    waiting: new Set(clashes.map(({ port }) => port.name)),
    blocking: new Set(clashes.map(({ other }) => other.name)),
  };
}

function isClash(coming: DesiredPort, going: Pick<InterfaceFacts, "type" | "options">): boolean {
  const [a, b] = [holdOf(coming), holdOf(going)];
  return a !== undefined && a.held === b?.held && a.kind !== b.kind;
}

/**
 * The intermediate step to a host's end state, if one change is not enough: new objects get ready to take over copies
 * while the old ones still have them, and a port that another has to wait for is deleted. Undefined if the end state
 * can be reached at once.
 */
export function stepTowards(
  end: Desired,
  before: Desired,
  facts: Facts,
  tapBridge: string,
): Desired | undefined {
  const { waiting, blocking } = clashOf(before, end, facts);
  const possible = waiting.size === 0 ? end : withoutPorts(end, waiting);
  const step = handover(before, possible, tapBridge);
  if (step !== undefined) return withoutPorts(step, blocking);
  return waiting.size === 0 ? undefined : possible;
}

function withoutPorts(desired: Desired, names: ReadonlySet<string>): Desired {
  return { ...desired, ports: desired.ports.filter(({ name }) => !names.has(name)) };
}
