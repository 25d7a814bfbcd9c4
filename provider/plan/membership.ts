import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { namedUuid, set, uuid, type Value } from "../ovs/values";

/**
 * How other operations of a transaction refer to a row that it inserts: letters, digits and underscores (RFC 7047,
 * section 3.1).
 */
export function referenceTo(kind: "port" | "interface", name: string): ["named-uuid", string] {
  const id = name.replaceAll(/[^A-Za-z0-9]/g, (sign) => `_${sign.charCodeAt(0)}_`);
  return namedUuid(`${kind}_${id}`);
}

/**
 * The operations that add a port to a bridge. They fail if the bridge's row has been replaced: updating no row is not
 * an error, and the database deletes a port that no bridge refers to. Only a bridge that the same transaction creates
 * is identified by its name.
 */
export function attach(facts: Facts, bridge: string, port: Value): Operation[] {
  const row = facts.bridges.find(({ name }) => name === bridge);
  const member = port as ["uuid", string] | ["named-uuid", string];
  const mutations: [["ports", "insert", Value]] = [["ports", "insert", set([member])]];
  if (row === undefined)
    return [{ op: "mutate", table: "Bridge", where: [["name", "==", bridge]], mutations }];
  const where: [["_uuid", "==", Value]] = [["_uuid", "==", uuid(row.uuid)]];
  return [
    {
      op: "wait",
      table: "Bridge",
      where,
      columns: ["name"],
      until: "==",
      rows: [{ name: bridge }],
      timeout: 0,
    },
    { op: "mutate", table: "Bridge", where, mutations },
  ];
}

/** The operation that removes a port from a bridge, both by UUID. */
export function detach(bridge: string, port: string): Operation {
  return {
    op: "mutate",
    table: "Bridge",
    where: [["_uuid", "==", uuid(bridge)]],
    mutations: [["ports", "delete", set([uuid(port)])]],
  };
}
