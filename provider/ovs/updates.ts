import { TaasError } from "../errors";
import type { Database } from "./database";
import type { WireRow } from "./merge";
import { TABLES, type Table } from "./tables";

/**
 * How a server reports changes: as differences (`update2`, ovsdb-server(7)), or as whole rows (`update`, RFC 7047
 * section 4.1.6).
 */
export type Notation = "update2" | "update";

/**
 * Updates tables from a monitor's first reply or one of its notifications. Throws `ovsdb-reply` if that is invalid,
 * because nothing after it could be understood.
 */
export function applyUpdates(
  database: Database,
  notation: Notation,
  updates: unknown,
  host: string | undefined,
): void {
  for (const [table, rows] of entriesOf(updates, host)) {
    if (!Object.hasOwn(TABLES, table)) throw odd(table, host);
    for (const [uuid, update] of entriesOf(rows, host))
      applyUpdate(
        database,
        table as Table,
        uuid,
        notation,
        Object.fromEntries(entriesOf(update, host)),
        host,
      );
  }
}

function applyUpdate(
  database: Database,
  table: Table,
  uuid: string,
  notation: Notation,
  update: Readonly<Record<string, unknown>>,
  host: string | undefined,
): void {
  const rowOf = (row: unknown): WireRow => Object.fromEntries(entriesOf(row, host));
  if (notation === "update") {
    if (update.new === undefined) database.delete(table, uuid);
    else database.put(table, uuid, rowOf(update.new));
  } else if ("initial" in update) database.put(table, uuid, rowOf(update.initial));
  else if ("insert" in update) database.put(table, uuid, rowOf(update.insert));
  else if ("modify" in update) database.modify(table, uuid, rowOf(update.modify));
  else if ("delete" in update) database.delete(table, uuid);
  else throw odd(update, host);
}

function entriesOf(value: unknown, host: string | undefined): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw odd(value, host);
  return Object.entries(value);
}

function odd(found: unknown, host: string | undefined): TaasError {
  const shown = (JSON.stringify(found) ?? "nothing").slice(0, 120);
  return new TaasError(`the OVSDB server reported a change as ${shown}`, { code: "ovsdb-reply", host });
}
