import type { HostRecord } from "../host/host";
import { printableLine } from "../printable";
import type { Context } from "../resource/context";
import type { Claim } from "../schema/claim";
import { describePort } from "../schema/port";
import type { Arguments } from "./arguments";

/** One claim on one host. */
export interface Listed {
  host: string;
  claim: Claim;
  /** Names of hosts that were looked at and should have a claim of the same life, and have none. */
  missingOn?: string[];
}

/** The hosts of the command line, each once, as the ssh configuration and its options say. */
export function recordsOf(context: Context, wanted: Arguments): HostRecord[] {
  const { hosts, tapBridge, user, transport, sudo } = wanted;
  return [...new Set(hosts)].map((name) => ({
    ...context.resolveHost(name),
    ...(tapBridge === undefined ? {} : { tapBridge }),
    ...(user === undefined ? {} : { user }),
    ...(transport === undefined ? {} : { transport }),
    ...(sudo === undefined ? {} : { sudo }),
  }));
}

/** A claim on one line, harmless for a terminal whatever the host says. */
export function describeClaim({ host, claim, missingOn = [] }: Listed): string {
  const states = [
    ...(claim.pending === undefined ? [] : ["pending"]),
    ...(missingOn.length === 0 ? [] : [`one-sided: none on ${missingOn.join(", ")}`]),
  ];
  const state = states.length === 0 ? "" : ` (${states.join("; ")})`;
  return printableLine(
    `${host}  ${claim.kind}  ${claim.owner}${state}  ${summary(claim)}  by ${claim.writer} at ${claim.time}`,
  );
}

function summary(claim: Claim): string {
  if (claim.kind === "tunnel") return `${claim.mode} to ${claim.peers.map((peer) => peer.name).join(", ")}`;
  if (claim.kind === "service")
    return `tunnel id ${claim.tunnelId}, port ${claim.ports.map(describePort).join(", ")}`;
  const source =
    claim.source === undefined ? `from ${claim.peer?.name}` : `port ${describePort(claim.source.port)}`;
  return `${source} into ${claim.service}`;
}
