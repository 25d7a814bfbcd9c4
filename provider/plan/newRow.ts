import type { Operation } from "../ovs/operations";
import { namedUuid, type Row, set, uuid } from "../ovs/values";

/** Columns of the table Interface that are status, written by ovs-vswitchd and the database. */
const STATUS: ReadonlySet<string> = new Set([
  "_uuid",
  "_version",
  "admin_state",
  "bfd_status",
  "cfm_fault",
  "cfm_fault_status",
  "cfm_flap_count",
  "cfm_health",
  "cfm_remote_mpids",
  "cfm_remote_opstate",
  "duplex",
  "error",
  "ifindex",
  "lacp_current",
  "link_resets",
  "link_speed",
  "link_state",
  "mac_in_use",
  "mtu",
  "ofport",
  "statistics",
  "status",
]);

/**
 * The configuration in an Interface row except the requested number, whatever columns this release of Open vSwitch has.
 */
function configurationOf(row: Row): Row {
  const kept = Object.entries(row).filter(([column]) => !STATUS.has(column) && column !== "ofport_request");
  return Object.fromEntries(kept);
}

/** The operation that requests a port number for an interface, or leaves the choice to Open vSwitch. */
export function requestNumber(nic: string, number: number | undefined): Operation {
  const row = { ofport_request: number ?? set([]) };
  return { op: "update", table: "Interface", where: [["_uuid", "==", uuid(nic)]], row };
}

/**
 * The operations that replace an Interface row by a new one: the same configuration under another UUID, with a
 * requested port number. They fail if the configuration has changed since it was read.
 */
function renewRow(port: string, nic: string, row: Row, number: number): Operation[] {
  const configuration = configurationOf(row);
  const fresh = namedUuid(`renewed_${nic.replaceAll("-", "_")}`);
  return [
    {
      op: "wait",
      table: "Interface",
      where: [["_uuid", "==", uuid(nic)]],
      columns: Object.keys(configuration),
      until: "==",
      rows: [configuration],
      timeout: 0,
    },
    {
      op: "insert",
      table: "Interface",
      "uuid-name": fresh[1],
      row: { ...configuration, ofport_request: number },
    },
    {
      op: "mutate",
      table: "Port",
      where: [["_uuid", "==", uuid(port)]],
      mutations: [
        ["interfaces", "insert", set([fresh])],
        ["interfaces", "delete", set([uuid(nic)])],
      ],
    },
  ];
}

/** The operations by which an interface requests its number at home, with a new row if it is one of `renewals`. */
export function moveHome(
  port: string,
  nic: string,
  number: number,
  renewals: ReadonlyMap<string, Row>,
): Operation[] {
  const row = renewals.get(nic);
  return row === undefined ? [requestNumber(nic, number)] : renewRow(port, nic, row, number);
}
