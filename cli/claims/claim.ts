import { otherEnds } from "../../provider/converge/leftovers";
import { monitorPortInput } from "../../provider/model/monitorPorts";
import { printableLine } from "../../provider/printable";
import type { Claim } from "../../provider/schema/claim";
import { describePort } from "../../provider/schema/port";
import { describeTapped, tappedBy } from "../../provider/schema/selector";

/** One claim on one host. */
export interface Listed {
  host: string;
  claim: Claim;
  /** Names of hosts that were looked at and lack the claim of the same incarnation that they should have. */
  missingOn?: string[];
}

/** A claim on one line, safe for a terminal whatever the host contains. */
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

/** The same, with the other hosts from which it is removed as well. */
export function describeRemoval(listed: Listed): string {
  const others = otherEnds(listed.claim).map(({ host }) => host.name);
  return `${describeClaim(listed)}${others.length === 0 ? "" : printableLine(`  and on ${others.join(", ")}`)}`;
}

function summary(claim: Claim): string {
  if (claim.kind === "monitor-port") return `${claim.type} port ${describePort(monitorPortInput(claim))}`;
  if (claim.kind === "tunnel") return `${claim.mode} to ${claim.peers.map((peer) => peer.name).join(", ")}`;
  if (claim.kind === "service")
    return `tunnel id ${claim.tunnelId}, port ${claim.ports.map(describePort).join(", ")}`;
  if (claim.kind === "capture") return describeTapped(tappedBy(claim.source));
  const source =
    claim.source === undefined ? `from ${claim.peer?.name}` : describeTapped(tappedBy(claim.source));
  return `${source} into ${claim.service}`;
}
