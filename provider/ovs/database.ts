import { TaasError } from "../errors";
import type { Facts } from "./facts";
import { modifyRow, readRow, type WireRow } from "./merge";
import { bridgeFacts, interfaceFacts, mirrorFacts, portFacts } from "./rows";
import { type RowOf, TABLE_NAMES, type Table } from "./tables";
import { isUuid } from "./values";

type Rows = { [T in Table]: Map<string, RowOf<T>> };

/** The most rows that are kept: a host with 5,000 ports has 10,000. */
const MAX_ROWS = 200_000;

/**
 * A host's tables, updated row by row, and the facts read from them. Facts without a change are the same object, and so
 * are their parts: one more row does not cost a reading of the others.
 */
export class Database {
  private readonly rows = Object.fromEntries(TABLE_NAMES.map((table) => [table, new Map()])) as Rows;
  /** UUIDs of rows that have changed since the facts were last read, by table. */
  private readonly changed = Object.fromEntries(
    TABLE_NAMES.map((table) => [table, new Set<string>()]),
  ) as Record<Table, Set<string>>;
  private known: Facts | undefined;

  /** `host`: the name that errors carry. */
  constructor(private readonly host: string | undefined) {}

  /** Inserts or replaces a whole row. */
  put(table: Table, uuid: string, wire: WireRow): void {
    this.set(table, uuid, readRow(table, wire, this.host));
  }

  /** Applies a `modify` of `update2` to a row. */
  modify(table: Table, uuid: string, wire: WireRow): void {
    const row = this.rows[table].get(uuid);
    if (row === undefined) throw this.odd(`a change to an unknown row of ${table}`);
    const next = modifyRow(table, row, wire, this.host);
    if (next !== row) this.set(table, uuid, next);
  }

  /** Removes a row. */
  delete(table: Table, uuid: string): void {
    this.rows[table].delete(uuid);
    this.changed[table].add(uuid);
  }

  /** The number of the last configuration that ovs-vswitchd has applied. */
  get applied(): number {
    return this.machine()[1].cur_cfg;
  }

  /** The facts. Throws `no-ovs` when there is no `Open_vSwitch` row. */
  facts(): Facts {
    const [uuid, machine] = this.machine();
    const before = this.known;
    if (before !== undefined && Object.values(this.changed).every(({ size }) => size === 0)) return before;
    const unsettled = machine.cur_cfg < machine.next_cfg;
    const { changed, rows } = this;
    const next: Facts = {
      machine: uuid,
      version: machine.ovs_version,
      externalIds: machine.external_ids,
      otherConfig: machine.other_config,
      dpdk: machine.dpdk_initialized,
      ...(unsettled ? { unsettled: true } : {}),
      bridges:
        before !== undefined && changed.Bridge.size === 0
          ? before.bridges
          : [...rows.Bridge]
              .map(([id, row]) => bridgeFacts(id, row))
              .sort((a, b) => (a.name < b.name ? -1 : 1)),
      ports: renewed(before?.ports, changed.Port, rows.Port, portFacts),
      interfaces: renewed(before?.interfaces, changed.Interface, rows.Interface, interfaceFacts),
      mirrors: renewed(before?.mirrors, changed.Mirror, rows.Mirror, mirrorFacts),
    };
    for (const uuids of Object.values(changed)) uuids.clear();
    this.known = before !== undefined && isSame(before, next) ? before : next;
    return this.known;
  }

  private set<T extends Table>(table: T, uuid: string, row: RowOf<T>): void {
    if (!isUuid(uuid)) throw this.odd(`${JSON.stringify(uuid).slice(0, 60)} instead of a row's UUID`);
    (this.rows[table] as Map<string, RowOf<T>>).set(uuid, row);
    this.changed[table].add(uuid);
    if (this.rows[table].size > MAX_ROWS) throw this.odd(`more than ${MAX_ROWS} rows of ${table}`);
  }

  private machine(): [string, RowOf<"Open_vSwitch">] {
    for (const entry of this.rows.Open_vSwitch) return entry;
    throw new TaasError("its OVSDB has no Open_vSwitch row", {
      code: "no-ovs",
      host: this.host,
      hint: 'Start Open vSwitch there, or run "ovs-vsctl init"',
    });
  }

  private odd(what: string): TaasError {
    return new TaasError(`the OVSDB server sent ${what}`, { code: "ovsdb-reply", host: this.host });
  }
}

/** Facts by UUID; those of changed rows are read again. */
function renewed<Row, Fact>(
  before: Readonly<Record<string, Fact>> | undefined,
  changed: ReadonlySet<string>,
  rows: ReadonlyMap<string, Row>,
  read: (uuid: string, row: Row) => Fact,
): Record<string, Fact> {
  if (before === undefined)
    return Object.fromEntries([...rows].map(([uuid, row]) => [uuid, read(uuid, row)]));
  if (changed.size === 0) return before;
  const next = { ...before };
  for (const uuid of changed) {
    const row = rows.get(uuid);
    if (row === undefined) delete next[uuid];
    else next[uuid] = read(uuid, row);
  }
  return next;
}

/** Whether facts have the very same parts; ovs-vswitchd may have updated only its counters. */
export function isSame(a: Facts, b: Facts): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Facts>;
  return [...keys].every((key) => a[key] === b[key]);
}
