import type { LabHost } from "../../lab/host";

/** What a release had written into a host's OVSDB, rows by name and in plain values. */
export interface WrittenRows {
  /** `_uuid` of the Open_vSwitch row. */
  machine: string;
  bridge: Columns;
  /** Ports of its own, each with its only interface. */
  ports: { bridge: string; columns: Columns; interface: Columns }[];
  mirrors: {
    bridge: string;
    name: string;
    source: string[];
    destination: string[];
    output: string;
    marks: object;
  }[];
  /** VM ports that it had moved to the tap bridge, with the numbers asked for and what it wrote on their rows. */
  moved: { name: string; ofportRequest: number | null; marks: Record<string, string> }[];
}

type Columns = Record<string, unknown>;
type Tables = Record<string, Record<string, Columns>>;

const TAP = "br-tap";

/** The UUID of the Open_vSwitch row. */
async function machineOf(host: LabHost): Promise<string> {
  return (await host.ovs("ovs-vsctl --bare get Open_vSwitch . _uuid")).trim();
}

function pick(row: Columns, ...columns: string[]): Columns {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

function many(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]) as string[];
}

/** Takes down what stands on a host now. */
export async function recordRows(host: LabHost): Promise<WrittenRows> {
  const { Bridge, Port, Interface, Mirror } = (await host.snapshot()).tables as Tables as Required<Tables>;
  const bridges = Object.values(Bridge!);
  const nameOf = (uuid: string) => String(Port![uuid]!.name);
  const tap = bridges.find(({ name }) => name === TAP)!;
  const own = (row: Columns) => (row.external_ids as Columns).taas !== undefined;
  const ports = bridges.flatMap((bridge) =>
    many(bridge.ports)
      .map((uuid) => Port![uuid]!)
      .filter(own)
      .map((port) => ({
        bridge: String(bridge.name),
        columns: pick(port, "name", "vlan_mode", "trunks", "external_ids"),
        interface: pick(Interface![many(port.interfaces)[0]!]!, "name", "type", "options", "bfd"),
      })),
  );
  const mirrors = bridges.flatMap((bridge) =>
    many(bridge.mirrors)
      .map((uuid) => Mirror![uuid]!)
      .map((row) => ({
        bridge: String(bridge.name),
        name: String(row.name),
        source: many(row.select_src_port).map(nameOf),
        destination: many(row.select_dst_port).map(nameOf),
        output: nameOf(String(row.output_port)),
        marks: row.external_ids as object,
      })),
  );
  const moved = many(tap.ports)
    .map((uuid) => Port![uuid]!)
    .filter((port) => !own(port) && port.name !== TAP)
    .map((port) => ({
      name: String(port.name),
      ofportRequest: (Interface![many(port.interfaces)[0]!]!.ofport_request as [] | number) || null,
      marks: marksOf(port.external_ids as Record<string, string>),
    }))
    .map(({ ofportRequest, ...moved }) => ({
      ...moved,
      ofportRequest: typeof ofportRequest === "number" ? ofportRequest : null,
    }));
  const bridge = pick(tap, "name", "datapath_type", "fail_mode", "external_ids", "other_config");
  return { machine: await machineOf(host), bridge, ports, mirrors, moved };
}

/** Carries out one transaction. */
async function transact(host: LabHost, operations: readonly object[]): Promise<unknown[]> {
  const text = JSON.stringify(["Open_vSwitch", ...operations]);
  const said = await host.ovs('ovsdb-client transact unix:/var/run/openvswitch/db.sock "$(cat)"', {
    input: text,
  });
  const results = JSON.parse(said) as { error?: string | null }[];
  if (results.some((result) => typeof result?.error === "string")) throw new Error(said);
  return results;
}

/** Gives a host's Open_vSwitch row the recorded UUID, from which the names of pieces are hashed: the machine is that one now. */
export async function becomeMachine(host: LabHost, { machine }: WrittenRows): Promise<void> {
  const [{ rows }] = (await transact(host, [{ op: "select", table: "Open_vSwitch", where: [] }])) as [
    { rows: Columns[] },
  ];
  const { _uuid, _version, ...row } = rows[0]!;
  await transact(host, [
    { op: "delete", table: "Open_vSwitch", where: [["_uuid", "==", _uuid]] },
    { op: "insert", table: "Open_vSwitch", uuid: machine, row },
    { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["next_cfg", "+=", 1]] },
  ]);
  await host.ovs("ovs-vsctl --timeout=20 set Bridge br-int other_config:seen=1"); // waits for ovs-vswitchd
  await host.ovs("ovs-vsctl --timeout=20 remove Bridge br-int other_config seen");
}

/** Writes recorded rows to a host in one transaction, as a host has them after it was started anew: rows and no rules. */
export async function restoreRows(host: LabHost, rows: WrittenRows): Promise<void> {
  const { Port, Interface } = (await host.snapshot()).tables as Tables;
  const uuids = new Map(Object.entries(Port!).map(([uuid, { name }]) => [String(name), uuid]));
  const nicOf = (port: string) => many(Port![uuids.get(port)!]!.interfaces)[0]!;
  const made = new Map(rows.ports.map(({ columns }, index) => [String(columns.name), `port${index}`]));
  const portRef = (name: string) =>
    made.has(name) ? ["named-uuid", made.get(name)] : ["uuid", uuids.get(name)];
  const numbers = new Map(rows.moved.map(({ name }) => [name, Interface![nicOf(name)]!.ofport as number]));
  const insert = (table: string, id: string, row: Columns) => ({
    op: "insert",
    table,
    "uuid-name": id,
    row: wire(row),
  });
  const change = (bridge: string, column: string, how: string, ref: unknown) => ({
    ...{ op: "mutate", table: "Bridge", where: [["name", "==", bridge]] },
    mutations: [[column, how, ref]],
  });
  const operations = [
    insert("Interface", "nic", { name: TAP, type: "internal" }),
    { ...insert("Port", "port", { name: TAP }), row: { name: TAP, interfaces: ["named-uuid", "nic"] } },
    {
      ...insert("Bridge", "bridge", {}),
      row: { ...wire(rows.bridge), ports: ["named-uuid", "port"] },
    },
    {
      ...{ op: "mutate", table: "Open_vSwitch", where: [] },
      mutations: [
        ["bridges", "insert", ["named-uuid", "bridge"]],
        ["next_cfg", "+=", 1],
      ],
    },
    ...rows.ports.flatMap(({ bridge, columns, interface: nic }, index) => [
      insert("Interface", `nic${index}`, nic),
      {
        ...insert("Port", `port${index}`, {}),
        row: { ...wire(columns), interfaces: ["named-uuid", `nic${index}`] },
      },
      change(bridge, "ports", "insert", ["named-uuid", `port${index}`]),
    ]),
    ...rows.moved.flatMap(({ name, ofportRequest, marks }) => [
      {
        ...{ op: "mutate", table: "Port", where: [["_uuid", "==", ["uuid", uuids.get(name)]]] },
        mutations: [
          ["external_ids", "insert", ["map", Object.entries(withNumber(marks, numbers.get(name)!))]],
        ],
      },
      change("br-int", "ports", "delete", ["uuid", uuids.get(name)]),
      change(TAP, "ports", "insert", ["uuid", uuids.get(name)]),
      ...(ofportRequest === null
        ? []
        : [
            {
              ...{ op: "update", table: "Interface", where: [["_uuid", "==", ["uuid", nicOf(name)]]] },
              row: { ofport_request: ofportRequest },
            },
          ]),
    ]),
    ...rows.mirrors.flatMap(({ bridge, name, source, destination, output, marks }, index) => [
      {
        ...insert("Mirror", `mirror${index}`, {}),
        row: {
          ...wire({ name, external_ids: marks }),
          select_src_port: ["set", source.map(portRef)],
          select_dst_port: ["set", destination.map(portRef)],
          output_port: portRef(output),
        },
      },
      change(bridge, "mirrors", "insert", ["named-uuid", `mirror${index}`]),
    ]),
  ];
  await transact(host, operations);
  await host.ovs("ovs-vsctl --timeout=20 set Bridge br-tap fail_mode=secure"); // waits until all of it has taken effect
}

/** What a release writes on the row of a port that it moves. */
function marksOf(externalIds: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(externalIds).filter(([key]) => key.startsWith("taas-")));
}

/** A moved port's row says under which number it was on its bridge before: here it has another one. */
function withNumber(marks: Record<string, string>, number: number): Record<string, string> {
  const home = marks["taas-home"];
  return home === undefined ? marks : { ...marks, "taas-home": home.replace(/^\d+/, String(number)) };
}

/** Plain values in OVSDB's notation. */
function wire(columns: Columns): Columns {
  const value = (plain: unknown): unknown => {
    if (Array.isArray(plain)) return ["set", plain];
    return typeof plain === "object" ? ["map", Object.entries(plain as Columns)] : plain;
  };
  return Object.fromEntries(Object.entries(columns).map(([column, plain]) => [column, value(plain)]));
}
