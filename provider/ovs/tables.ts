import {
  decodeBoolean,
  decodeInteger,
  decodeMap,
  decodeOptional,
  decodeSet,
  decodeString,
  decodeUuid,
  type Encoded,
} from "./values";

/** Decodes an atom of a column. */
type Decode<T> = (encoded: Encoded) => T;

/**
 * The type of a column: how a value is decoded, its default, which applies if the server omits it (RFC 7047 section
 * 5.2.1), and whether changes are reported as differences (ovsdb-server(7), `update2`: sets and maps that may have more
 * than one member).
 */
export interface Column<T = unknown> {
  read: Decode<T>;
  absent: T;
  kind: "value" | "set" | "map";
}

const value = <T>(read: Decode<T>, absent: T): Column<T> => ({ read, absent, kind: "value" });
const optional = <T extends string | number>(read: Decode<T>): Column<T | undefined> =>
  value((encoded) => decodeOptional(encoded, read), undefined);
const set = <T extends string | number>(read: Decode<T>): Column<T[]> => ({
  read: (encoded) => decodeSet(encoded, read),
  absent: [],
  kind: "set",
});
const text = value(decodeString, "");
const integer = value(decodeInteger, 0);
const flag = value(decodeBoolean, false);
const map: Column<Record<string, string>> = { read: decodeMap, absent: {}, kind: "map" };

/** The columns that the project reads, by table. Every release from 2.13 on has them, except in tables of `WHOLE`. */
export const TABLES = {
  Open_vSwitch: {
    ovs_version: optional(decodeString),
    external_ids: map,
    other_config: map,
    next_cfg: integer,
    cur_cfg: integer,
    dpdk_initialized: flag,
  },
  Bridge: {
    name: text,
    datapath_type: text,
    fail_mode: optional(decodeString),
    protocols: set(decodeString),
    controller: set(decodeUuid),
    stp_enable: flag,
    rstp_enable: flag,
    external_ids: map,
    other_config: map,
    ports: set(decodeUuid),
    mirrors: set(decodeUuid),
  },
  Port: {
    name: text,
    interfaces: set(decodeUuid),
    tag: optional(decodeInteger),
    trunks: set(decodeInteger),
    vlan_mode: optional(decodeString),
    external_ids: map,
    other_config: map,
  },
  Interface: {
    name: text,
    type: text,
    ofport: optional(decodeInteger),
    ofport_request: optional(decodeInteger),
    options: map,
    external_ids: map,
    mac: optional(decodeString),
    mac_in_use: optional(decodeString),
    mtu: optional(decodeInteger),
    mtu_request: optional(decodeInteger),
    ifindex: optional(decodeInteger),
    link_state: optional(decodeString),
    bfd: map,
    bfd_status: map,
    error: optional(decodeString),
  },
  Mirror: {
    name: text,
    select_all: flag,
    select_src_port: set(decodeUuid),
    select_dst_port: set(decodeUuid),
    select_vlan: set(decodeInteger),
    output_port: optional(decodeUuid),
    output_vlan: optional(decodeInteger),
    snaplen: optional(decodeInteger),
    filter: optional(decodeString),
    external_ids: map,
  },
} as const satisfies Record<string, Record<string, Column>>;

/** A table that the project reads. */
export type Table = keyof typeof TABLES;

/** A parsed row, by the database's column names. */
export type RowOf<T extends Table> = {
  [C in keyof (typeof TABLES)[T]]: (typeof TABLES)[T][C] extends Column<infer V> ? V : never;
};

/** The tables' names, in a fixed order. */
export const TABLE_NAMES = Object.keys(TABLES) as Table[];

/**
 * Tables of which some releases lack a column: Mirror has `filter` from 3.4 on. They are read whole, because a server
 * refuses a request that names a column it does not have.
 */
const WHOLE: ReadonlySet<Table> = new Set(["Mirror"]);

/** The columns to ask for when reading a table; undefined: all that the server has. */
export function columnsOf(table: Table): string[] | undefined {
  return WHOLE.has(table) ? undefined : Object.keys(TABLES[table]);
}
