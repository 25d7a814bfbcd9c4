import { bumpNextCfg, nextCfgOf, waitApplied } from "../provider/ovs/applied";
import type { OvsdbClient } from "../provider/ovs/ovsdbClient";
import { map, set, type Value } from "../provider/ovs/values";
import { BareClient, type Login } from "./client";

/** One connection a host, as long as the process lives. */
const connections = new Map<number, Promise<OvsdbClient>>();

/** About as long as a claim. */
const RECORD = "x".repeat(400);

function connectionTo(login: Login): Promise<OvsdbClient> {
  const known = connections.get(login.port);
  if (known !== undefined) return known;
  const connecting = BareClient.login(login).then(async (client) => {
    // Else the server would most often wait 40 ms for an acknowledgement (Nagle's algorithm), which it does not once a command ran.
    await client.exec("true");
    return client.openOvsdb();
  });
  connections.set(login.port, connecting);
  return connecting;
}

/** Changes the records of a host, and waits until ovs-vswitchd has seen it. */
async function change(login: Login, how: "insert" | "delete", argument: Value): Promise<void> {
  const ovsdb = await connectionTo(login);
  const results = await ovsdb.transact([
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", "br-int"]],
      mutations: [["external_ids", how, argument]],
    },
    ...bumpNextCfg(),
  ]);
  await waitApplied(ovsdb, nextCfgOf(results, undefined), 10_000);
}

/** Writes a record. */
export function write(login: Login, key: string): Promise<void> {
  return change(login, "insert", map({ [key]: RECORD }));
}

/** Removes a record. */
export function remove(login: Login, key: string): Promise<void> {
  return change(login, "delete", set([key]));
}

/** Reads the records of a host. */
export async function read(login: Login): Promise<void> {
  const ovsdb = await connectionTo(login);
  await ovsdb.transact([{ op: "select", table: "Bridge", where: [], columns: ["external_ids"] }]);
}
