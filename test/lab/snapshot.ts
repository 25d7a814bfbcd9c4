/** All that a host's Open vSwitch is told to do, without what changes by itself. Deep equality means: nothing was changed. */
export interface HostSnapshot {
  /** OVSDB: table, then row by `_uuid`, then column. References are UUIDs, sets sorted arrays, maps objects. */
  tables: Record<string, Record<string, Record<string, unknown>>>;
  /** By bridge: its flows, groups and meters as ovs-ofctl prints them, sorted, with port numbers. */
  bridges: Record<string, { flows: string[]; groups: string[]; meters: string[] }>;
  /** Network devices of the host's namespace, by name: MTU, master and flags. */
  links: Record<string, string>;
}

/** Counters, clocks and what vswitchd observes of the outside. `ofport` stays: it must be the same again at the end. */
const VOLATILE: Record<string, readonly string[]> = {
  "*": ["_version", "statistics", "status"],
  Open_vSwitch: ["cur_cfg", "next_cfg"],
  Bridge: ["rstp_status"],
  Port: ["rstp_status", "rstp_statistics"],
  Interface: [
    "ifindex",
    "link_resets",
    "link_state",
    "link_speed",
    "lacp_current",
    "bfd_status",
    "cfm_fault",
    "cfm_fault_status",
    "cfm_flap_count",
    "cfm_health",
    "cfm_remote_mpids",
    "cfm_remote_opstate",
  ],
  Controller: ["is_connected", "role"],
  Manager: ["is_connected"],
};

/** Prints a host's database, then for each bridge its flows, groups and meters, then its devices; a line `== <what>` before each. */
export const SNAPSHOT_SCRIPT = `
set -e
echo "== database"
ovsdb-client --format=json dump
for bridge in $(ovs-vsctl --no-wait list-br); do
  echo "== flows $bridge"
  ovs-ofctl -O OpenFlow14 --no-names --no-stats dump-flows "$bridge"
  echo "== groups $bridge"
  ovs-ofctl -O OpenFlow15 --no-names dump-groups "$bridge"
  echo "== meters $bridge"
  ovs-ofctl -O OpenFlow13 dump-meters "$bridge"
done
echo "== links"
ip -json link
`;

/** Reads what `SNAPSHOT_SCRIPT` printed. */
export function parseSnapshot(output: string): HostSnapshot {
  const snapshot: HostSnapshot = { tables: {}, bridges: {}, links: {} };
  for (const section of output.split(/^== /m).slice(1)) {
    const [title = "", ...lines] = section.trimEnd().split("\n");
    const [what = "", bridge = ""] = title.split(" ");
    if (what === "database") snapshot.tables = parseDump(lines);
    else if (what === "links") snapshot.links = parseLinks(lines.join(""));
    else {
      snapshot.bridges[bridge] ??= { flows: [], groups: [], meters: [] };
      // A meter's bands stand in lines of their own; `reset_counts` is an artefact of printing without statistics.
      const text = lines.filter((line) => !/^(OFPST|NXST)/.test(line)).join("\n");
      const tidy = text.replace(/\n(?=type=)/g, " ").replace(/\breset_counts /g, "");
      const entries = tidy
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
      snapshot.bridges[bridge][what as "flows" | "groups" | "meters"] = entries.sort();
    }
  }
  return snapshot;
}

/** What differs between two snapshots of a host, a line each; empty when nothing does. */
export function diffSnapshots(before: HostSnapshot, after: HostSnapshot): string[] {
  const lines: string[] = [];
  for (const table of union(before.tables, after.tables)) {
    const [old = {}, now = {}] = [before.tables[table], after.tables[table]];
    for (const uuid of union(old, now)) {
      const label = `${table} ${String((now[uuid] ?? old[uuid])!.name ?? "")} (${uuid})`;
      if (!now[uuid]) lines.push(`- ${label} ${JSON.stringify(old[uuid])}`);
      else if (!old[uuid]) lines.push(`+ ${label} ${JSON.stringify(now[uuid])}`);
      else lines.push(...diffColumns(label, old[uuid], now[uuid]));
    }
  }
  for (const bridge of union(before.bridges, after.bridges)) {
    for (const kind of ["flows", "groups", "meters"] as const) {
      const [old, now] = [before.bridges[bridge]?.[kind] ?? [], after.bridges[bridge]?.[kind] ?? []];
      lines.push(...without(old, now).map((entry) => `- ${bridge} ${kind}: ${entry}`));
      lines.push(...without(now, old).map((entry) => `+ ${bridge} ${kind}: ${entry}`));
    }
  }
  return [...lines, ...diffColumns("link", before.links, after.links)];
}

function parseDump(lines: readonly string[]): HostSnapshot["tables"] {
  const tables: HostSnapshot["tables"] = {};
  for (const line of lines) {
    const { caption, headings, data } = JSON.parse(line) as {
      caption: string;
      headings: string[];
      data: unknown[][];
    };
    const table = caption.replace(/ table$/, "");
    const hidden = ["_uuid", ...VOLATILE["*"]!, ...(VOLATILE[table] ?? [])];
    const rows = data.map((cells): [string, Record<string, unknown>] => {
      const row = headings.map((heading, i): [string, unknown] => [heading, plain(cells[i])]);
      const uuid = row.find(([heading]) => heading === "_uuid")![1] as string;
      return [uuid, sorted(row.filter(([heading]) => !hidden.includes(heading)))];
    });
    tables[table] = sorted(rows);
  }
  return sorted(Object.entries(tables));
}

/** OVSDB's JSON (RFC 7047, section 5.1) as plain values. */
function plain(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [kind, content] = value as [string, unknown];
  if (kind === "uuid") return content;
  if (kind === "set") return (content as unknown[]).map(plain).sort(byText);
  return sorted((content as [unknown, unknown][]).map(([key, each]) => [String(plain(key)), plain(each)]));
}

function parseLinks(json: string): HostSnapshot["links"] {
  const links = JSON.parse(json) as { ifname: string; mtu: number; master?: string; flags: string[] }[];
  return sorted(
    links.map(({ ifname, mtu, master, flags }) => {
      const up = flags.includes("UP") ? "up" : "down";
      return [ifname, `mtu ${mtu} ${up}${master ? ` master ${master}` : ""}`];
    }),
  );
}

function diffColumns(label: string, old: Record<string, unknown>, now: Record<string, unknown>): string[] {
  return union(old, now).flatMap((column) => {
    const [a, b] = [JSON.stringify(old[column]), JSON.stringify(now[column])];
    return a === b ? [] : [`~ ${label} ${column}: ${a ?? "none"} -> ${b ?? "none"}`];
  });
}

/** `all` without the entries of `some`, each of which cancels one. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some];
  return all.filter((entry) => {
    const at = left.indexOf(entry);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function union(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function sorted<T>(entries: readonly [string, T][]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => byText(a, b)));
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
