import { bumpNextCfg, nextCfgOf, waitApplied } from "../provider/ovs/applied";
import type { Condition, Operation } from "../provider/ovs/operations";
import { OvsdbClient } from "../provider/ovs/ovsdbClient";
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
    const stream = await client.openSocket("/var/run/openvswitch/db.sock");
    return new OvsdbClient({ kind: "stream", stream });
  });
  connections.set(login.port, connecting);
  return connecting;
}

function records(how: "insert" | "delete", argument: Value): Operation {
  const where: Condition[] = [["name", "==", "br-int"]];
  return { op: "mutate", table: "Bridge", where, mutations: [["external_ids", how, argument]] };
}

/** Writes a record about as long as a claim, and waits until ovs-vswitchd has seen it. */
export async function write(login: Login, key: string): Promise<void> {
  const ovsdb = await connectionTo(login);
  const results = await ovsdb.transact([records("insert", map({ [key]: RECORD })), ...bumpNextCfg()]);
  await waitApplied(ovsdb, nextCfgOf(results, undefined), 10_000);
}

/** Reads the records of a host. */
export async function read(login: Login): Promise<void> {
  const ovsdb = await connectionTo(login);
  await ovsdb.transact([{ op: "select", table: "Bridge", where: [], columns: ["external_ids"] }]);
}

/** Removes a record, and waits as `write` does. */
export async function remove(login: Login, key: string): Promise<void> {
  const ovsdb = await connectionTo(login);
  const results = await ovsdb.transact([records("delete", set([key])), ...bumpNextCfg()]);
  await waitApplied(ovsdb, nextCfgOf(results, undefined), 10_000);
}
