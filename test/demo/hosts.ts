import type { LabHost } from "../lab/host";
import { diffSnapshots, type HostSnapshot } from "../lab/snapshot";
import type { Narrator } from "./narrator";

/** A command for a host, and what of its output is shown. */
interface View {
  command: string;
  /** Shortens a line; nothing where the line is left out. */
  line?(line: string): string | undefined;
}

/** Counters and times say nothing here. */
function rule(line: string): string | undefined {
  if (!line.includes("cookie=")) return undefined;
  return line.trim().replace(/(duration|n_bytes|idle_age|hard_age)=[^,]+, /g, "");
}

/** A claim is JSON inside a quoted string: written over several lines it can be read. */
function claims(line: string): string {
  const entries = [...line.matchAll(/"?(taas[^"=]*)"?="((?:[^"\\]|\\.)*)"/g)];
  return entries.map(([, key, value]) => `${key}\n${wrap(value!.replaceAll('\\"', '"'), 96)}`).join("\n");
}

/** Breaks JSON after commas. */
function wrap(json: string, width: number): string {
  const lines = [""];
  for (const part of json.split(/(?<=,)/)) {
    if (lines.at(-1)!.length + part.length > width) lines.push("");
    lines[lines.length - 1] += part;
  }
  return lines.map((line) => `    ${line}`).join("\n");
}

const views = {
  claims: { command: "ovs-vsctl get Bridge br-tap external_ids", line: claims },
  mirror: {
    command: "ovs-vsctl --columns=name,select_src_port,select_dst_port,output_port,statistics list Mirror",
  },
  rules: { command: "ovs-ofctl -O OpenFlow14 dump-flows br-tap", line: rule },
  tunnel: { command: "ovs-vsctl --columns=name,type,options find Interface type=vxlan options:key=flow" },
} satisfies Record<string, View>;

/** Shows pieces of a host as the tools of Open vSwitch print them. */
export async function showHost(
  narrator: Narrator,
  host: LabHost,
  pieces: readonly (keyof typeof views)[],
): Promise<void> {
  for (const piece of pieces) {
    const view: View = views[piece];
    const output = await host.ovs(view.command);
    const shown = output.split("\n").map((line) => (view.line === undefined ? line : view.line(line)));
    narrator.show(
      `[${host.name}] ${view.command}`,
      shown.filter((line) => line !== undefined && line !== "").join("\n"),
    );
  }
}

/** What differs between hosts now and before; empty when nothing does. */
export async function changesOf(
  hosts: readonly LabHost[],
  before: readonly HostSnapshot[],
): Promise<string[]> {
  const now = await Promise.all(hosts.map((host) => host.snapshot()));
  return hosts.flatMap((host, index) =>
    diffSnapshots(before[index]!, now[index]!).map((line) => `${host.name}: ${line}`),
  );
}
