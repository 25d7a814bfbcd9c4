import { map, type Row, type Value } from "./values";

/** A condition of a `where` (RFC 7047 section 5.1): column, function, argument. */
export type Condition = [
  column: string,
  test: "<" | "<=" | "==" | "!=" | ">=" | ">" | "includes" | "excludes",
  argument: Value,
];

/** A change to the current value of a column (RFC 7047 section 5.1): column, mutator, argument. */
export type Mutation = [
  column: string,
  mutator: "+=" | "-=" | "*=" | "/=" | "%=" | "insert" | "delete",
  argument: Value,
];

/** Inserts a row; `uuid-name` lets other operations of the transaction refer to it. */
export type Insert = { op: "insert"; table: string; row: Row; "uuid-name"?: string };
/** Reads rows as the preceding operations left them; without `columns`, all columns. */
export type Select = { op: "select"; table: string; where: Condition[]; columns?: string[] };
/** Sets columns. */
export type Update = { op: "update"; table: string; where: Condition[]; row: Row };
/** Changes columns member by member. */
export type Mutate = { op: "mutate"; table: string; where: Condition[]; mutations: Mutation[] };
/** Deletes rows. Rows of non-root tables are also deleted when nothing refers to them any more. */
export type Delete = { op: "delete"; table: string; where: Condition[] };
/**
 * Makes the transaction fail unless the rows are (`==`) or are not (`!=`) the given ones. `timeout`: milliseconds to
 * wait for that.
 */
export type Wait = {
  op: "wait";
  table: string;
  where: Condition[];
  columns: string[];
  until: "==" | "!=";
  rows: Row[];
  timeout: number;
};
/** A line for the database's own log. */
export type Comment = { op: "comment"; comment: string };
/** Makes the transaction fail: a dry run of the operations before it. */
export type Abort = { op: "abort" };

/** One operation of a transaction, in its wire format (RFC 7047 section 5.2). */
export type Operation = Insert | Select | Update | Mutate | Delete | Wait | Comment | Abort;

/** The result of one operation. */
export type ResultOf<O extends Operation> = O extends Insert
  ? { uuid: string }
  : O extends Select
    ? { rows: Record<string, unknown>[] }
    : O extends Update | Mutate | Delete
      ? { count: number }
      : Record<string, never>;

/** Results of a transaction's operations, each at the index of its operation. */
export type ResultsOf<Operations extends readonly Operation[]> = {
  -readonly [Index in keyof Operations]: ResultOf<Operations[Index]>;
};

/**
 * A guard for a transaction: it fails with `guard-failed` unless the map column has these values in the row of this
 * name. Only those keys are compared; other keys of the column may change freely.
 */
export function guardMap(
  row: { table: string; name: string },
  column: string,
  entries: Readonly<Record<string, string>>,
): Wait {
  return {
    op: "wait",
    table: row.table,
    where: [
      ["name", "==", row.name],
      [column, "includes", map(entries)],
    ],
    columns: ["name"],
    until: "==",
    rows: [{ name: row.name }],
    timeout: 0,
  };
}

/** A guard for a transaction: it fails with `guard-failed` if a row of this name exists. */
export function guardAbsent(row: { table: string; name: string }): Wait {
  return {
    op: "wait",
    table: row.table,
    where: [["name", "==", row.name]],
    columns: ["name"],
    until: "==",
    rows: [],
    timeout: 0,
  };
}
