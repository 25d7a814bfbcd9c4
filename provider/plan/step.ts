import type { Desired, DesiredPort } from "../model/desired";
import { handover } from "../model/handover";
import type { Facts, InterfaceFacts } from "../ovs/facts";
import { namesOf } from "./ours";
import { oursOn } from "./ports";

/** What only one kind of tunnel can have, and the kind that it is: a UDP port, or two addresses with ERSPAN between them. */
function holdOf({ type, options }: Pick<InterfaceFacts, "type" | "options">) {
  const { dst_port, erspan_ver, local_ip, remote_ip } = options;
  if (dst_port !== undefined) return { held: dst_port, kind: type };
  return erspan_ver === undefined ? undefined : { held: `${local_ip} ${remote_ip}`, kind: erspan_ver };
}

/** Names of ports that cannot be there at once. */
interface Clash {
  /** Ports that are still to come. */
  waiting: ReadonlySet<string>;
  /** The ports that go before those can come. */
  blocking: ReadonlySet<string>;
}

/**
 * ovs-vswitchd opens and closes listeners by UDP port alone: where a tunnel goes and one of another type comes to its port in
 * one change, it goes on listening for the old type. So the new one waits until the old one is gone, as one of another
 * version of ERSPAN does.
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
 * The step on a host's way to its end where one change is not enough: what is new gets ready to take copies over while what
 * was still has them, and a port that another has to wait for goes. Undefined where the host can be what it is to be at once.
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
