import type { Operation } from "../ovs/operations";
import { namedUuid, type Row, set, uuid } from "../ovs/values";

/** Columns of the table Interface that are not configuration: ovs-vswitchd and the database write them. */
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

/** All that a row of an interface configures but the number it asks for, whatever columns this release of Open vSwitch has. */
function configurationOf(row: Row): Row {
  const kept = Object.entries(row).filter(([column]) => !STATUS.has(column) && column !== "ofport_request");
  return Object.fromEntries(kept);
}

/** The operation that asks Open vSwitch for a number of an interface, or leaves it the choice. */
export function requestNumber(nic: string, number: number | undefined): Operation {
  const row = { ofport_request: number ?? set([]) };
  return { op: "update", table: "Interface", where: [["_uuid", "==", uuid(nic)]], row };
}

/**
 * The operations that put a new row in the place of an interface's: the same configuration under another UUID, and a request
 * for a number. They fail when the configuration is no longer as it was read.
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

/** The operations by which an interface asks for its number at home, under a new row where it is one of `renewals`. */
export function comeHome(
  port: string,
  nic: string,
  number: number,
  renewals: ReadonlyMap<string, Row>,
): Operation[] {
  const row = renewals.get(nic);
  return row === undefined ? [requestNumber(nic, number)] : renewRow(port, nic, row, number);
}
