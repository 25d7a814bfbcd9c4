import type { Operation } from "../ovs/operations";
import { set, uuid, type Value } from "../ovs/values";

/** The operation that puts a port on a bridge. */
export function attach(bridge: string, port: Value): Operation {
  const member = port as ["uuid", string] | ["named-uuid", string];
  return {
    op: "mutate",
    table: "Bridge",
    where: [["name", "==", bridge]],
    mutations: [["ports", "insert", set([member])]],
  };
}

/** The operation that takes a port off a bridge, both given by their UUIDs. */
export function detach(bridge: string, port: string): Operation {
  return {
    op: "mutate",
    table: "Bridge",
    where: [["_uuid", "==", uuid(bridge)]],
    mutations: [["ports", "delete", set([uuid(port)])]],
  };
}
