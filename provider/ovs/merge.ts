import { type Column, type RowOf, TABLES, type Table } from "./tables";
import type { Encoded } from "./values";

/** A parsed row of any table. */
type AnyRow = Record<string, unknown>;

/** Columns as the server sends them. */
export type WireRow = Readonly<Record<string, unknown>>;

/** Parses a whole row; columns that the server omits have their default. */
export function readRow<T extends Table>(table: T, wire: WireRow, host: string | undefined): RowOf<T> {
  const row: AnyRow = {};
  for (const [name, column] of Object.entries<Column>(TABLES[table]))
    row[name] = name in wire ? column.read(encoded(table, name, wire, host)) : column.absent;
  return row as RowOf<T>;
}

/**
 * A row after a `modify` of `update2`, which contains the changed columns: new values, or the difference of a set or
 * map. It is the same object if only columns that the project does not read have changed, such as counters.
 */
export function modifyRow<T extends Table>(
  table: T,
  row: RowOf<T>,
  wire: WireRow,
  host: string | undefined,
): RowOf<T> {
  const columns: Record<string, Column> = TABLES[table];
  const names = Object.keys(wire).filter((name) => Object.hasOwn(columns, name));
  if (names.length === 0) return row;
  const next: AnyRow = { ...row };
  for (const name of names) {
    const column = columns[name]!;
    const change = column.read(encoded(table, name, wire, host));
    if (column.kind === "set") next[name] = toggled(next[name] as Atom[], change as Atom[]);
    else if (column.kind === "map") next[name] = patched(next[name] as Texts, change as Texts);
    else next[name] = change;
  }
  return next as RowOf<T>;
}

type Atom = string | number;
type Texts = Record<string, string>;

/**
 * Applies the difference of a set, which contains the added and the removed members. The result is sorted, as all sets
 * are.
 */
export function toggled(members: readonly Atom[], change: readonly Atom[]): Atom[] {
  const next = new Set(members);
  for (const member of change) if (!next.delete(member)) next.add(member);
  return [...next].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Applies the difference of a map, which contains added pairs, removed pairs with their old value, and pairs with a new
 * value.
 */
export function patched(entries: Readonly<Texts>, change: Readonly<Texts>): Texts {
  const next = new Map(Object.entries(entries));
  for (const [key, value] of Object.entries(change)) {
    if (next.get(key) === value) next.delete(key);
    else next.set(key, value);
  }
  return Object.fromEntries(next);
}

function encoded(table: Table, name: string, wire: WireRow, host: string | undefined): Encoded {
  return { value: wire[name], column: `${table}.${name}`, host };
}
