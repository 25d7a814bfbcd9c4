import type { Desired } from "../model/desired";
import { HOME_KEY } from "../model/home";
import { isMarked, isOurObject, MARK, type Markable } from "../model/identity";
import { LINUX_BRIDGE_KEY } from "../model/linuxBridge";
import type { Facts, MirrorFacts, PortFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { map, set, uuid } from "../ovs/values";

/** The mark, as in a new row. */
export const MARKED = map({ [MARK]: "1" });

/**
 * The names of our objects. An object that has lost its mark is recognised by its name, which contains a hash that
 * nobody else chooses.
 */
export interface OurNames {
  ports: ReadonlySet<string>;
  /**
   * Names that operators chose. On this bridge they identify a port of ours. On another bridge, a port of that name
   * belongs to somebody else unless it carries our mark.
   */
  devices: ReadonlyMap<string, string>;
  mirrors: ReadonlySet<string>;
}

/** The names of everything that is, or was, to be on a host. */
export function namesOf(...desired: readonly Pick<Desired, "ports" | "mirrors">[]): OurNames {
  const all = desired.flatMap(({ ports }) => ports);
  return {
    ports: new Set(all.filter(({ device }) => device === undefined).map(({ name }) => name)),
    devices: new Map(
      all.filter(({ device }) => device !== undefined).map(({ name, bridge }) => [name, bridge]),
    ),
    mirrors: new Set(desired.flatMap(({ mirrors }) => mirrors.map(({ name }) => name))),
  };
}

/** Whether a port of a bridge is ours: by its mark and name, or by a name that claims have. */
export function isOurPort(port: Markable, bridge: string, { ports, devices }: OurNames): boolean {
  const home = devices.get(port.name);
  return (
    isOurObject(port) || ports.has(port.name) || home === bridge || (home !== undefined && isMarked(port))
  );
}

/**
 * Whether a Mirror is ours, by the same rule. One that somebody has renamed still carries our mark and outputs to a port
 * of ours.
 */
export function isOurMirror(mirror: MirrorFacts, facts: Facts, names: ReadonlySet<string>): boolean {
  const output = facts.ports[mirror.outputPort ?? ""];
  return (
    isOurObject(mirror) ||
    names.has(mirror.name) ||
    (isMarked(mirror) && output !== undefined && isOurObject(output))
  );
}

/** The operations that restore the mark of a row of ours, if it lacks it. */
export function remark(table: "Port" | "Mirror", row: Markable & { uuid: string }): Operation[] {
  if (isMarked(row)) return [];
  const mutations: Mutation[] = [
    ["external_ids", "delete", set([MARK])],
    ["external_ids", "insert", MARKED],
  ];
  return [{ op: "mutate", table, where: [["_uuid", "==", uuid(row.uuid)]], mutations }];
}

/**
 * The bridges with a port of ours. If somebody has deleted the tap bridge, nothing else shows where rules of ours are
 * left: each of them matches such a port or outputs to one.
 */
export function bridgesOfOurPorts({ bridges, ports }: Facts): string[] {
  const isOurs = (id: string) => ports[id] !== undefined && isOurObject(ports[id]);
  return bridges.filter((bridge) => bridge.ports.some(isOurs)).map(({ name }) => name);
}

/** Whether a host has a port or a Mirror of ours, or a port with a note of ours that is still to be used. */
export function hasTraces({ ports, mirrors }: Facts): boolean {
  const isNoted = ({ externalIds }: PortFacts) =>
    externalIds[HOME_KEY] !== undefined || externalIds[LINUX_BRIDGE_KEY] !== undefined;
  return (
    Object.values(ports).some((port) => isOurObject(port) || isNoted(port)) ||
    Object.values(mirrors).some(isOurObject)
  );
}
