import { TaasError } from "../errors";
import { canonicalMatch } from "./matchFields";

/** One OpenFlow rule. */
export interface Flow {
  /** 64 bits. */
  cookie: bigint;
  table: number;
  priority: number;
  /** Canonical: equal matches are equal texts. Empty: every packet. */
  match: string;
  /** As ovs-ofctl prints them, without `actions=`. */
  actions: string;
  /** Timeouts and flags, sorted, as `hard_timeout=10,send_flow_rem`; absent if there are none. */
  options?: string;
  /** Milliseconds since it was written, if the text says so. */
  age?: number;
  /** Packets counted so far, if the text says so. */
  packets?: bigint;
  /** Bytes counted so far, if the text says so. */
  bytes?: bigint;
}

/** A rule's identity in a bridge: a second rule with the same key replaces the first. */
export function flowKey(flow: Pick<Flow, "table" | "priority" | "match">): string {
  return `table=${flow.table},priority=${flow.priority},${flow.match}`;
}

/** The priority of a rule that does not specify one. */
const DEFAULT_PRIORITY = 0x8000;
const IGNORED = new Set(["idle_age", "hard_age"]);
const OPTIONS = new Set(["idle_timeout", "hard_timeout", "importance"]);
const FLAGS = new Set([
  "send_flow_rem",
  "check_overlap",
  "reset_counts",
  "no_packet_counts",
  "no_byte_counts",
]);

/**
 * Parses flows from the output of `ovs-ofctl dump-flows`, with or without statistics, or from a flow file; empty lines
 * and comments (`#`) are skipped. Otherwise throws `openflow-reply` with the line.
 */
export function parseFlows(text: string, host?: string): Flow[] {
  const lines = text.split("\n").map((line) => line.trim());
  const isFlow = (line: string) => line !== "" && !line.startsWith("#") && !/^\w+_FLOW reply\b/.test(line);
  return lines.filter(isFlow).map((line) => parseFlow(line, host));
}

/** Parses one flow; see `parseFlows`. */
export function parseFlow(line: string, host?: string): Flow {
  const split = /^(?:(.*?)[\s,])??actions=(.*)$/.exec(line);
  if (split === null) throw odd(line, "it has no actions", host);
  const flow: Flow = {
    cookie: 0n,
    table: 0,
    priority: DEFAULT_PRIORITY,
    match: "",
    actions: split[2]!.trim(),
  };
  if (flow.actions === "") throw odd(line, "it has no actions", host);
  const options: string[] = [];
  const match: string[] = [];
  for (const token of tokensOf(split[1] ?? "") ?? fail(line, "(", host)) {
    const equals = token.indexOf("=");
    const name = equals < 0 ? token : token.slice(0, equals);
    const number = (limit: bigint) => unsigned(token, limit) ?? fail(line, token, host);
    if (equals < 0) (FLAGS.has(name) ? options : match).push(token);
    else if (IGNORED.has(name)) continue;
    else if (name === "duration") flow.age = duration(token) ?? fail(line, token, host);
    else if (OPTIONS.has(name)) options.push(token);
    else if (name === "cookie") flow.cookie = number(0xffff_ffff_ffff_ffffn);
    else if (name === "table") flow.table = Number(number(255n));
    else if (name === "priority") flow.priority = Number(number(0xffffn));
    else if (name === "n_packets") flow.packets = number(0xffff_ffff_ffff_ffffn);
    else if (name === "n_bytes") flow.bytes = number(0xffff_ffff_ffff_ffffn);
    else match.push(token);
  }
  flow.match = canonicalMatch(match);
  if (options.length > 0) flow.options = options.sort().join(",");
  return flow;
}

/** Writes a flow as one line of a flow file, without its counters. */
export function formatFlow(flow: Flow): string {
  const parts = [`cookie=0x${flow.cookie.toString(16)}`, `table=${flow.table}`, `priority=${flow.priority}`];
  if (flow.options !== undefined) parts.push(flow.options);
  if (flow.match !== "") parts.push(flow.match);
  return `${parts.join(",")} actions=${flow.actions}`;
}

/** Splits at commas and white space outside parentheses; undefined if the parentheses do not match. */
function tokensOf(text: string): string[] | undefined {
  const token = /(?:\([^()]*\)|[^\s,()])+/g;
  return /[()]/.test(text.replace(token, "")) ? undefined : (text.match(token) ?? []);
}

/** Milliseconds from `duration=12.345s`. */
function duration(token: string): number | undefined {
  const seconds = /=(\d{1,10}(?:\.\d{1,9})?)s$/.exec(token)?.[1];
  return seconds === undefined ? undefined : Math.floor(Number(seconds) * 1000);
}

function unsigned(token: string, limit: bigint): bigint | undefined {
  const text = token.slice(token.indexOf("=") + 1);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || text.length > 20) return undefined;
  const value = BigInt(text);
  return value <= limit ? value : undefined;
}

function fail(line: string, token: string, host: string | undefined): never {
  throw odd(line, `"${token.slice(0, 80)}" is not expected there`, host);
}

function odd(line: string, why: string, host: string | undefined): TaasError {
  const shown = JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}...` : line);
  return new TaasError(`not a valid flow: ${shown}: ${why}`, { code: "openflow-reply", host });
}
