import { parseFlow } from "../../../provider/ovs/openflow";
import type { Lab } from "../../lab/lab";

/** What a host's rows and rules were at one moment, so that a later look can tell which of them were written again. */
interface Trace {
  /** Label and version of each Port and Mirror, label and settings of each Interface, by UUID. */
  rows: Map<string, { label: string; version: string }>;
  /** Age in seconds and packets of each rule, by its whole text. */
  rules: Map<string, { age: number; packets: number }>;
  /** Milliseconds, at the beginning and at the end of the look. */
  from: number;
  to: number;
}

const SETTINGS = ["type", "options", "bfd", "ofport_request", "external_ids", "other_config"];
const TABLES = { Port: ["_version"], Mirror: ["_version"], Interface: SETTINGS };
const SELECTS = Object.entries(TABLES).map(([table, columns]) => ({
  ...{ op: "select", table, where: [], columns: ["_uuid", "name", ...columns] },
}));

const SCRIPT = `
ovsdb-client transact '${JSON.stringify(["Open_vSwitch", ...SELECTS])}'
for bridge in br-int br-tun br-tap; do
  ovs-ofctl -O OpenFlow14 --no-names dump-flows $bridge 2>/dev/null | sed -n "s/^ *cookie/$bridge cookie/p"
done`;

type Selected = { rows: ({ _uuid: [string, string]; name: string } & Record<string, unknown>)[] }[];

async function traceOf(lab: Lab, host: number): Promise<Trace> {
  const from = performance.now();
  const [selected, ...flows] = (await lab.host(host).ovs(SCRIPT)).trim().split("\n");
  const to = performance.now();
  const rows = new Map<string, { label: string; version: string }>();
  for (const [index, { rows: found }] of (JSON.parse(selected!) as Selected).entries()) {
    for (const { _uuid, name, ...rest } of found) {
      const sorted = JSON.stringify(Object.entries(rest).sort());
      rows.set(_uuid[1], { label: `${Object.keys(TABLES)[index]} ${name}`, version: sorted });
    }
  }
  const rules = flows.map((line) => {
    const [bridge = ""] = line.split(" ");
    const text = line.slice(bridge.length + 1);
    const { cookie, table, priority, match, actions, packets = 0n } = parseFlow(text);
    const key = `${bridge} ${cookie.toString(16)} ${table} ${priority} ${match} ${actions}`;
    return [key, { age: Number(/duration=([\d.]+)s/.exec(text)![1]), packets: Number(packets) }] as const;
  });
  return { rows, rules: new Map(rules), from, to };
}

/** The traces of all hosts of a lab. */
export function tracesOf(lab: Lab): Promise<Trace[]> {
  return Promise.all(lab.hosts.map(({ number }) => traceOf(lab, number)));
}

/** Labels of rows that one trace has and another has not, or not so. */
function touchedRows(a: Trace, b: Trace): Set<string> {
  const labels = new Set<string>();
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const [uuid, { label, version }] of one.rows)
      if (other.rows.get(uuid)?.version !== version) labels.add(label);
  }
  return labels;
}

/** The rule that every operation writes, so that Open vSwitch looks anew at the connections it has in its cache. */
const CARRIES_GENERATION = /^br-tap 7a70[0-9a-f]+ 0 0 /;

/** What a repair wrote although the fault had not touched it, a line each: rows by table and name, rules by their text. */
export function needlessly(before: Trace[], broken: Trace[], repaired: Trace[]): string[] {
  return repaired.flatMap((after, index) => {
    const hurt = touchedRows(before[index]!, broken[index]!);
    const rows = [...touchedRows(broken[index]!, after)].filter((label) => !hurt.has(label));
    const elapsed = (after.from - broken[index]!.to) / 1000;
    const rules = [...after.rules].filter(([key, { age, packets }]) => {
      const was = broken[index]!.rules.get(key);
      if (was === undefined || CARRIES_GENERATION.test(key)) return false;
      return age < was.age + elapsed || packets < was.packets;
    });
    return [...rows, ...rules.map(([key]) => `rule ${key}`)].map((line) => `host${index + 1}: ${line}`);
  });
}
