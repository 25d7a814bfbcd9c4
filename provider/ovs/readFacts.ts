import { TaasError } from "../errors";
import type { BridgeFacts, Facts, InterfaceFacts, MirrorFacts, PortFacts } from "./facts";
import type { Select, Wait } from "./operations";
import type { OvsdbClient } from "./ovsdbClient";
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

/** Only columns that every release from 2.13 on has: a select that names an unknown column fails as a whole. */
const COLUMNS = {
  Open_vSwitch: ["_uuid", "ovs_version", "external_ids", "other_config", "next_cfg", "cur_cfg"],
  Bridge: [
    "_uuid",
    "name",
    "datapath_type",
    "fail_mode",
    "protocols",
    "controller",
    "stp_enable",
    "rstp_enable",
    "external_ids",
    "other_config",
    "ports",
    "mirrors",
  ],
  Port: ["_uuid", "name", "interfaces", "tag", "trunks", "vlan_mode", "external_ids"],
  Interface: [
    "_uuid",
    "name",
    "type",
    "ofport",
    "ofport_request",
    "options",
    "external_ids",
    "mac_in_use",
    "mtu",
    "bfd",
    "bfd_status",
    "error",
  ],
  Mirror: [
    "_uuid",
    "name",
    "select_all",
    "select_src_port",
    "select_dst_port",
    "select_vlan",
    "output_port",
    "output_vlan",
    "snaplen",
    "external_ids",
  ],
} as const satisfies Record<string, readonly string[]>;

type Table = keyof typeof COLUMNS;
/** Looks a column of one row up, for a decoder. */
type Column = (name: string) => Encoded;

/** The reading of every table, in one transaction and so of one moment. */
const READING = (["Open_vSwitch", "Bridge", "Port", "Interface", "Mirror"] as const).map(select);

/**
 * Reads everything the project needs to know of a host's OVSDB; `after`: only once that holds.
 * Rejects with code `no-ovs` when the database has no `Open_vSwitch` row, `ovsdb-reply` when a value is not what the
 * column can hold, and with the codes of `OvsdbClient.transact`.
 */
export async function readFacts(client: OvsdbClient, after?: Wait): Promise<Facts> {
  if (after === undefined) return factsOf(await client.transact(READING), client.host);
  const [, ...results] = await client.transact([after, ...READING]);
  return factsOf(results, client.host);
}

function factsOf(results: readonly { rows: Record<string, unknown>[] }[], host: string | undefined): Facts {
  const [machines, bridges, ports, interfaces, mirrors] = results.map(({ rows }) => rows);
  const machine = machines![0];
  if (machine === undefined) {
    throw new TaasError("its OVSDB has no Open_vSwitch row", {
      code: "no-ovs",
      host,
      hint: 'Start Open vSwitch there, or run "ovs-vsctl init"',
    });
  }
  const all = <T extends { uuid: string }>(
    table: Table,
    rows: Record<string, unknown>[] | undefined,
    read: (column: Column) => T,
  ): T[] => rows!.map((row) => read(columnsOf(table, row, host)));
  const column = columnsOf("Open_vSwitch", machine, host);
  return {
    machine: decodeUuid(column("_uuid")),
    version: decodeOptional(column("ovs_version"), decodeString),
    externalIds: decodeMap(column("external_ids")),
    otherConfig: decodeMap(column("other_config")),
    ...(decodeInteger(column("cur_cfg")) < decodeInteger(column("next_cfg")) ? { unsettled: true } : {}),
    bridges: all("Bridge", bridges, readBridge).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ports: byUuid(all("Port", ports, readPort)),
    interfaces: byUuid(all("Interface", interfaces, readInterface)),
    mirrors: byUuid(all("Mirror", mirrors, readMirror)),
  };
}

function select<T extends Table>(table: T): Select {
  return { op: "select", table, where: [], columns: [...COLUMNS[table]] };
}

function columnsOf(table: Table, row: Record<string, unknown>, host: string | undefined): Column {
  return (name) => ({ value: row[name], column: `${table}.${name}`, host });
}

function byUuid<T extends { uuid: string }>(rows: T[]): Record<string, T> {
  return Object.fromEntries(rows.map((row) => [row.uuid, row]));
}

function readBridge(column: Column): BridgeFacts {
  return {
    uuid: decodeUuid(column("_uuid")),
    name: decodeString(column("name")),
    datapathType: decodeString(column("datapath_type")),
    failMode: decodeOptional(column("fail_mode"), decodeString),
    protocols: decodeSet(column("protocols"), decodeString),
    controllers: decodeSet(column("controller"), decodeUuid),
    spanningTree: ["stp_enable", "rstp_enable"].filter((name) => decodeBoolean(column(name))),
    externalIds: decodeMap(column("external_ids")),
    otherConfig: decodeMap(column("other_config")),
    ports: decodeSet(column("ports"), decodeUuid),
    mirrors: decodeSet(column("mirrors"), decodeUuid),
  };
}

function readPort(column: Column): PortFacts {
  return {
    uuid: decodeUuid(column("_uuid")),
    name: decodeString(column("name")),
    interfaces: decodeSet(column("interfaces"), decodeUuid),
    tag: decodeOptional(column("tag"), decodeInteger),
    trunks: decodeSet(column("trunks"), decodeInteger),
    vlanMode: decodeOptional(column("vlan_mode"), decodeString),
    externalIds: decodeMap(column("external_ids")),
  };
}

function readInterface(column: Column): InterfaceFacts {
  return {
    uuid: decodeUuid(column("_uuid")),
    name: decodeString(column("name")),
    type: decodeString(column("type")),
    bfd: decodeMap(column("bfd")),
    bfdState: decodeMap(column("bfd_status")).state,
    ofport: decodeOptional(column("ofport"), decodeInteger),
    ofportRequest: decodeOptional(column("ofport_request"), decodeInteger),
    options: decodeMap(column("options")),
    externalIds: decodeMap(column("external_ids")),
    macInUse: decodeOptional(column("mac_in_use"), decodeString),
    mtu: decodeOptional(column("mtu"), decodeInteger),
    error: decodeOptional(column("error"), decodeString),
  };
}

function readMirror(column: Column): MirrorFacts {
  return {
    uuid: decodeUuid(column("_uuid")),
    name: decodeString(column("name")),
    selectAll: decodeBoolean(column("select_all")),
    selectSrcPort: decodeSet(column("select_src_port"), decodeUuid),
    selectDstPort: decodeSet(column("select_dst_port"), decodeUuid),
    selectVlan: decodeSet(column("select_vlan"), decodeInteger),
    outputPort: decodeOptional(column("output_port"), decodeUuid),
    outputVlan: decodeOptional(column("output_vlan"), decodeInteger),
    snaplen: decodeOptional(column("snaplen"), decodeInteger),
    externalIds: decodeMap(column("external_ids")),
  };
}
