import type { Fault } from "./faults";
import { list, rowsOf, type Users } from "./users";

type Row = Record<string, unknown>;
/** A command of ovs-vsctl, and how the piece is told to be then. */
type Touch = [command: string, kind?: "missing" | "foreign"];

const OURS = /^m[a-z]-[0-9a-f]{12}$/;

/** Other values for options, which must be legal ones where Open vSwitch would not take others. */
const OTHER: Record<string, string> = {
  remote_ip: "192.0.2.250",
  local_ip: "192.0.2.251",
  key: "5",
  dst_port: "14000",
  tos: "4",
  peer: "nobody",
};

/** A number that no port has: one that several asked for would move a second port, too. Ports of one tap share a hash. */
function freeNumber(name: string): number {
  return 4000 + 500 * (name.charCodeAt(1) - 97) + (Number.parseInt(name.slice(3, 6), 16) % 500);
}

function optionTouches(name: string, { type, options, bfd }: Row): Touch[] {
  const keys = Object.keys(options as object);
  const on = `Interface ${name}`;
  return [
    ...keys.map((key): Touch => [`remove ${on} options ${key}`]),
    ...keys.map((key): Touch => [`set ${on} options:${key}=${OTHER[key] ?? "1"}`]),
    [`set ${on} options:df_default=false`],
    [`set ${on} type=${type === "patch" ? "internal" : "geneve"}`],
    [`set ${on} ofport_request=${freeNumber(name)}`],
    ...(Object.keys(bfd as object).length > 0
      ? ([
          [`remove ${on} bfd enable`],
          [`set ${on} bfd:enable=false`],
          [`set ${on} bfd:check_tnl_key=false`],
        ] as Touch[])
      : []),
    ...(type === "patch" ? [] : ([[`set ${on} bfd:min_rx=500`]] as Touch[])),
    [`set ${on} mac=\\"02:00:00:00:00:78\\"`],
    [`set ${on} mtu_request=1401`],
    ...(type === "internal" ? ([[`clear ${on} mac`], [`clear ${on} mtu_request`]] as Touch[]) : []),
  ];
}

function portTouches(name: string, bridge: string, { trunks, vlan_mode: mode }: Row): Touch[] {
  const on = `Port ${name}`;
  return [
    [`del-port ${bridge} ${name}`, "missing"],
    [`set ${on} tag=7`],
    [`add ${on} trunks 8`],
    ...(list(trunks).length > 0 ? ([[`clear ${on} trunks`]] as Touch[]) : []),
    ...(list(mode).length > 0 ? ([[`clear ${on} vlan_mode`]] as Touch[]) : []),
    [`set ${on} vlan_mode=access`],
    [`remove ${on} external_ids taas`],
  ];
}

function mirrorTouches({ name, select_src_port: src, select_dst_port: dst }: Row): Touch[] {
  const on = `Mirror ${name}`;
  const members = [
    ["select_src_port", src],
    ["select_dst_port", dst],
  ] as const;
  return [
    [`-- --id=@m get ${on} -- remove Bridge br-int mirrors @m`, "missing"],
    ...members.flatMap(([column, value]): Touch[] => [
      ...list(value).map((port): Touch => [`remove ${on} ${column} ${String(port)}`]),
      [`-- --id=@p get Port patch-tun -- add ${on} ${column} @p`],
    ]),
    [`set ${on} select_all=true`],
    [`add ${on} select_vlan 5`],
    [`set ${on} output_vlan=5`],
    [`set ${on} snaplen=100`],
    [`clear ${on} output_port`],
    [`-- --id=@p get Port patch-tun -- set ${on} output_port=@p`],
    [`remove ${on} external_ids taas`],
    [`set ${on} name=renamed`, "missing"],
  ];
}

/** Everything that can be done to the Ports, Interfaces and Mirrors of ours on a host, a column member at a time. */
export function rowFaults(host: number, users: Users): Fault[] {
  const { snapshot } = users;
  const fault = (name: string, what: string, [command, kind]: Touch): Fault => ({
    host,
    title: `ovs-vsctl ${command}`,
    script: `ovs-vsctl ${command}`,
    users: users.ofRow(name),
    says: new RegExp(`${kind ?? "altered"} ${what} ${name} on `),
  });
  const ports = Object.values(snapshot.tables.Bridge!).flatMap((bridge) =>
    list(bridge.ports)
      .map((id) => snapshot.tables.Port![String(id)]!)
      .filter(({ name }) => OURS.test(String(name)))
      .flatMap((row) =>
        portTouches(String(row.name), String(bridge.name), row).map((touch) =>
          fault(String(row.name), "port", touch),
        ),
      ),
  );
  const interfaces = rowsOf(snapshot, "Interface")
    .filter(({ name }) => OURS.test(String(name)))
    .flatMap((row) =>
      optionTouches(String(row.name), row).map((touch) => fault(String(row.name), "port", touch)),
    );
  const mirrors = rowsOf(snapshot, "Mirror").flatMap((row) =>
    mirrorTouches(row).map((touch) => fault(String(row.name), "mirror", touch)),
  );
  return [...ports, ...interfaces, ...mirrors];
}
