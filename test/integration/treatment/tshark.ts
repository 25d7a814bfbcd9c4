import { must } from "../../lab/command";
import { pcap } from "../../lab/pcap";

/** Fields that tshark is asked for, inner ones after outer ones where they occur twice. */
const FIELDS = [
  "frame.protocols",
  "gre.key",
  "vxlan.vni",
  "geneve.vni",
  "erspan.version",
  "erspan.spanid",
  "erspan.direction",
  "eth.src",
  "data.data",
] as const;

/** What tshark makes of a packet: the values of each field it found. */
export type Dissection = Record<(typeof FIELDS)[number], string[]>;

/** How newer releases (4.4) write 1 and 0 of a flag, and older ones (4.0) do not. */
const FLAGS = /\b(?:True|False)\b/g;

/** Lets tshark dissect packets, as an analyst behind a collector would. */
export async function dissect(packets: readonly Buffer[]): Promise<Dissection[]> {
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  // It reads from a pipe, not from a socket, which is what a child process here gets.
  const tshark = ["tshark", "-n", "-r", "-", "-T", "fields", "-E", "separator=/t", ...fields];
  const output = await must(["bash", "-c", `cat | ${tshark.join(" ")}`], { input: pcap(packets) });
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const values = line.replace(FLAGS, (word) => (word === "True" ? "1" : "0")).split("\t");
    return Object.fromEntries(
      FIELDS.map((field, index) => [field, (values[index] ?? "").split(",").filter(Boolean)]),
    ) as Dissection;
  });
}
