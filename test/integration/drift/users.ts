import { parseFlow, type Flow as Rule } from "../../../provider/ovs/openflow";
import type { HostSnapshot } from "../../lab/snapshot";
import type { Flow, Name } from "./estate";

type Row = Record<string, unknown>;

/** A rule on a host's bridge. */
export interface PlacedRule extends Rule {
  bridge: string;
}

/** All rows of a table. */
export function rowsOf(snapshot: HostSnapshot, table: string): Row[] {
  return Object.values(snapshot.tables[table] ?? {});
}

/** A column with any number of values. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** Rules with a cookie of ours. */
export function ownRules(snapshot: HostSnapshot): PlacedRule[] {
  return Object.entries(snapshot.bridges).flatMap(([bridge, { flows }]) =>
    flows.map((line) => ({ ...parseFlow(line), bridge })).filter((rule) => rule.cookie >> 48n === 0x7a70n),
  );
}

const HASH = 0xffff_ffff_ffffn;

/** Whom each piece of the estate on one host is for, known from what the pieces are and not from what the provider says. */
export class Users {
  private readonly byHash = new Map<string, Name[]>();

  constructor(
    readonly snapshot: HostSnapshot,
    host: number,
    /** Everything that has a claim on the host. */
    readonly all: Name[],
  ) {
    for (const nic of rowsOf(snapshot, "Interface")) {
      const name = String(nic.name);
      if (/^mv-/.test(name)) this.byHash.set(hashOf(name), tunnelUsers(nic, host));
      if (/^m[sx]-/.test(name)) this.byHash.set(hashOf(name), ["db"]);
      if (/^mp-/.test(name)) this.byHash.set(hashOf(name), ["device"]);
    }
    const ports = new Map(
      Object.entries(snapshot.tables.Port ?? {}).map(([id, row]) => [id, String(row.name)]),
    );
    for (const mirror of rowsOf(snapshot, "Mirror")) {
      const [source] = [...list(mirror.select_dst_port), ...list(mirror.select_src_port)];
      this.byHash.set(hashOf(String(mirror.name)), [ports.get(String(source))!.slice("tap-".length) as Flow]);
    }
    for (const rule of ownRules(snapshot)) {
      const hash = (rule.cookie & HASH).toString(16).padStart(12, "0");
      if (rule.bridge === "br-int")
        this.byHash.set(hash, [/max_len|maxlen/.test(rule.actions) ? "side" : "inline"]);
    }
  }

  /** Users of a Port, an Interface or a Mirror. */
  ofRow(name: string): Name[] {
    return this.byHash.get(hashOf(name))!;
  }

  /** Users of a rule. */
  ofRule(rule: PlacedRule): Name[] {
    if (rule.priority === 0) return this.all;
    const known = this.byHash.get((rule.cookie & HASH).toString(16).padStart(12, "0"));
    return known ?? this.ofDelivery(rule);
  }

  /** A monitor's rules: by the port that it drops from, that it sends to, or that cuts for it. */
  private ofDelivery(rule: PlacedRule): Name[] {
    if (/reg1=/.test(rule.match)) return ["near"];
    const port = /in_port=(\d+)/.exec(rule.match)?.[1];
    const monitors: Record<string, Name> = {
      "tap-ids": "ids",
      "tap-s1": "farm",
      "tap-s2": "farm",
      "tap-ids3": "far",
    };
    if (port !== undefined) return [monitors[this.nameOn("br-tap", port)]!];
    return [
      /bundle/.test(rule.actions)
        ? "farm"
        : monitors[this.nameOn("br-tap", /output:(\d+)/.exec(rule.actions)![1]!)]!,
    ];
  }

  private nameOn(bridge: string, number: string): string {
    const { Bridge = {}, Port = {}, Interface = {} } = this.snapshot.tables;
    const row = Object.values(Bridge).find(({ name }) => name === bridge)!;
    const nics = list(row.ports)
      .flatMap((id) => list(Port[String(id)]!.interfaces))
      .map((id) => Interface[String(id)]!);
    return String(nics.find((nic) => String(nic.ofport) === number)!.name);
  }
}

function hashOf(name: string): string {
  return name.replace(/^(?:m[a-z]|taas)-/, "");
}

/** Whose copies travel by a tunnel port: the mesh, the watched pair, the automatic pair, the collector's. */
function tunnelUsers({ options, type }: Row, host: number): Name[] {
  const { remote_ip: remote } = options as Record<string, string>;
  if (remote === "flow") return ["mesh", "web", "big"];
  if (type === "gre") return ["out"];
  return host === 2 || remote === "192.0.2.12" ? ["app"] : ["watched", "east"];
}
