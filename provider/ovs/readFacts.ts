import { Database } from "./database";
import type { Facts } from "./facts";
import type { Select, Wait } from "./operations";
import type { OvsdbClient } from "./ovsdbClient";
import { columnsOf, TABLE_NAMES } from "./tables";
import { decodeUuid } from "./values";

/** One select per table, in one transaction, and so of one moment. */
const READING = TABLE_NAMES.map((table): Select => {
  const columns = columnsOf(table);
  const select: Select = { op: "select", table, where: [] };
  return columns === undefined ? select : { ...select, columns: ["_uuid", ...columns] };
});

/**
 * Reads everything the project needs from a host's OVSDB; `after`: only once that holds. Rejects with `no-ovs` if the
 * database has no `Open_vSwitch` row, with `ovsdb-reply` if a value does not fit its column, and with the codes of
 * `OvsdbClient.transact`.
 */
export async function readFacts(client: OvsdbClient, after?: Wait): Promise<Facts> {
  const results =
    after === undefined
      ? await client.transact(READING)
      : (await client.transact([after, ...READING])).slice(1);
  const database = new Database(client.host);
  for (const [index, table] of TABLE_NAMES.entries()) {
    const { rows } = results[index] as { rows: Record<string, unknown>[] };
    for (const row of rows) {
      const uuid = decodeUuid({ value: row._uuid, column: `${table}._uuid`, host: client.host });
      database.put(table, uuid, row);
    }
  }
  return database.facts();
}
