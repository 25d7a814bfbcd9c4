import type { HostSnapshot } from "../../lab/snapshot";

type Row = Record<string, unknown>;

/** What a second making of the same draws anew: addresses, and the numbers of ports that are ours. */
const DRAWN: Record<string, readonly string[]> = {
  Bridge: ["datapath_id"],
  Interface: ["mac_in_use", "ofport"],
};

const OURS = /^(?:br-tap$|m[a-z]-(?:[0-9a-f]{12}|group\d+)$)/;

/**
 * A host as lines that do not tell one making of the same from another: no UUIDs, tokens, times and generations, our
 * ports by name, and capture groups numbered by what they are, since a capped one is named by its flow's token. What is not
 * ours keeps its numbers.
 */
export function viewOf(snapshot: HostSnapshot): string[] {
  const text = groupsOf(linesOf(snapshot)).reduce(
    (all, hash, index) => all.replaceAll(hash, `group${index + 1}`),
    JSON.stringify(snapshot),
  );
  return linesOf(JSON.parse(text) as HostSnapshot);
}

/** The hashes of the capture groups, in the order of what their Mirrors and rules say. */
function groupsOf(lines: readonly string[]): string[] {
  const hashes = lines.flatMap((line) => /^Mirror .*"name":"taas-([0-9a-f]{12})"/.exec(line)?.[1] ?? []);
  const says = (hash: string) =>
    lines
      .filter((line) => line.includes(hash) && !/^(?:Bridge|Port|Interface) /.test(line))
      .map((line) => hashes.reduce((text, each) => text.replaceAll(each, each === hash ? "this" : ""), line))
      .sort()
      .join("\n");
  return hashes
    .map((hash) => ({ hash, text: says(hash) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ hash }) => hash);
}

function linesOf(snapshot: HostSnapshot): string[] {
  const label = new Map<string, string>();
  for (const [table, rows] of Object.entries(snapshot.tables)) {
    for (const [uuid, row] of Object.entries(rows)) label.set(uuid, `<${table} ${String(row.name ?? "")}>`);
  }
  const rows = Object.entries(snapshot.tables).flatMap(([table, byUuid]) =>
    Object.values(byUuid).map((row) => `${table} ${JSON.stringify(named(plainRow(table, row), label))}`),
  );
  const bridges = Object.entries(snapshot.bridges).flatMap(([bridge, { flows, groups, meters }]) => {
    const ports = portNames(snapshot, bridge);
    return [...flows.filter((flow) => !isGeneration(flow)), ...groups, ...meters].map(
      (line) => `${bridge} ${symbolic(line, ports)}`,
    );
  });
  const links = Object.entries(snapshot.links).map(([name, link]) => `link ${name} ${link}`);
  return [...rows, ...bridges, ...links].sort();
}

/** Lines of one view that are not in the other, marked. */
export function diffViews(expected: readonly string[], found: readonly string[]): string[] {
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `- ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `+ ${line}`),
  ];
}

function isGeneration(flow: string): boolean {
  return /^cookie=0x7a70[0-9a-f]{12}, priority=0 actions=drop$/.test(flow);
}

function plainRow(table: string, row: Row): Row {
  const drawn = OURS.test(String(row.name ?? "")) || table === "Bridge" ? (DRAWN[table] ?? []) : [];
  const kept = Object.entries(row).filter(([column]) => !drawn.includes(column));
  return Object.fromEntries(kept.map(([column, value]) => [column, plainMap(column, value)]));
}

function plainMap(column: string, value: unknown): unknown {
  if (column !== "external_ids" && column !== "other_config") return value;
  const entries = Object.entries(value as Record<string, string>)
    .filter(([key]) => key !== "taas-generation" && key !== "taas-writes")
    .map(([key, text]) => [key, key.startsWith("taas:") ? plainClaim(text) : text]);
  return Object.fromEntries(entries);
}

function plainClaim(text: string): unknown {
  const { token: _token, time: _time, writer: _writer, ...claim } = JSON.parse(text) as Row;
  return claim;
}

/** References by name; sets in the order of their names. */
function named(value: unknown, label: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => named(each, label)).sort();
  if (typeof value === "string") return label.get(value) ?? value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, label)]));
}

function portNames(snapshot: HostSnapshot, bridge: string): Map<string, string> {
  const { Bridge = {}, Port = {}, Interface = {} } = snapshot.tables;
  const row = Object.values(Bridge).find(({ name }) => name === bridge);
  const interfaces = list(row?.ports).flatMap((port) => list(Port[port]?.interfaces));
  return new Map(interfaces.map((uuid) => [String(Interface[uuid]?.ofport), String(Interface[uuid]?.name)]));
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : value === undefined ? [] : [String(value)];
}

function symbolic(line: string, ports: ReadonlyMap<string, string>): string {
  const name = (number: string) => ports.get(number) ?? number;
  return line
    .replace(
      /\b(in_port=|output:|port=|meter[:=])(\d+)/g,
      (_, key: string, number: string) => key + name(number),
    )
    .replace(
      /members:([\d,]+)/g,
      (_, numbers: string) => `members:${numbers.split(",").map(name).join(",")}`,
    );
}
