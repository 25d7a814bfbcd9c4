import type { Desired } from "../model/desired";
import { MARK } from "../model/identity";
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
  /** Names that operators chose. They identify a port on this bridge only: on another, it belongs to somebody else. */
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

/** A row that can carry our mark. */
interface Markable {
  uuid: string;
  name: string;
  externalIds: Record<string, string>;
}

/** Whether a row is ours, by its mark or by its name. */
export function isOurs(row: Markable, names: ReadonlySet<string>): boolean {
  return row.externalIds[MARK] !== undefined || names.has(row.name);
}

/** Whether a port of a bridge is ours, by the same rule. */
export function isOurPort(port: Markable, bridge: string, { ports, devices }: OurNames): boolean {
  return isOurs(port, ports) || devices.get(port.name) === bridge;
}

/** The operations that restore the mark of a row of ours, if it lacks it. */
export function remark(table: "Port" | "Mirror", row: Markable): Operation[] {
  if (row.externalIds[MARK] === "1") return [];
  const mutations: Mutation[] = [
    ["external_ids", "delete", set([MARK])],
    ["external_ids", "insert", MARKED],
  ];
  return [{ op: "mutate", table, where: [["_uuid", "==", uuid(row.uuid)]], mutations }];
}
