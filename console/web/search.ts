import type { State, TapRow } from "../api/rows";
import { DIRECTION_WORDS, STATE_WORDS } from "./words";

const texts = new WeakMap<TapRow, string>();

/** Everything by which a row can be found, in lower case; kept as long as the row. */
function textOf(row: TapRow): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const { name, vm, host, port, service, monitor, filter, owner, tenant, changedBy, reason } = row;
  const parts = [name, vm, host, port, service, monitor, filter, owner, tenant, changedBy, reason];
  const text = [...parts, DIRECTION_WORDS[row.direction], STATE_WORDS[row.state]].join("\n").toLowerCase();
  texts.set(row, text);
  return text;
}

/** The rows that contain every word of the search, in their order. */
export function found(rows: readonly TapRow[], asked: string, state?: State): readonly TapRow[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (state === undefined || row.state === state) && words.every((word) => textOf(row).includes(word)),
  );
}

/** Rows by name, and by id if names are equal. */
export function byName<Row extends { name: string; id: string }>(rows: Iterable<Row>): Row[] {
  return [...rows].sort((one, other) => byText(one.name, other.name) || byText(one.id, other.id));
}

/** Order of texts, the same for everybody. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
