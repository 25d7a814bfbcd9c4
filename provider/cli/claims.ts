import { dropEdit } from "../converge/edit";
import type { Look } from "../converge/hostQueue";
import { dropElsewhere } from "../converge/leftovers";
import { stackOf } from "../converge/run";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { Claim } from "../schema/claim";
import { describePort } from "../schema/port";
import type { Arguments } from "./arguments";

/** One claim on one host. */
export interface Listed {
  host: string;
  claim: Claim;
}

function records(context: Context, wanted: Arguments): HostRecord[] {
  const { tapBridge, user } = wanted;
  return wanted.hosts.map((name) => ({
    ...context.resolveHost(name),
    ...(tapBridge === undefined ? {} : { tapBridge }),
    ...(user === undefined ? {} : { user }),
  }));
}

function look(context: Context, wanted: Arguments): Promise<Look[]> {
  return Promise.all(records(context, wanted).map((record) => context.open(record).look()));
}

/** The claims of the hosts, by host and owner. */
export async function listClaims(context: Context, wanted: Arguments): Promise<Listed[]> {
  return (await look(context, wanted)).flatMap(({ record, read }) =>
    [...read.claims.values()]
      .sort((a, b) => (a.owner < b.owner ? -1 : 1))
      .map((claim) => ({ host: record.name, claim })),
  );
}

/** Removes the chosen claims, and what they alone need, from the hosts; a flow's claim at its source goes first. */
export async function removeClaims(context: Context, wanted: Arguments): Promise<Listed[]> {
  const removed: Listed[] = [];
  const isChosen = ({ owner }: Claim) =>
    wanted.owners.includes(owner) || wanted.stacks.includes(stackOf(owner));
  for (const { record, read, queue } of await look(context, wanted)) {
    const chosen = [...read.claims.values()].filter(isChosen);
    for (const claim of [...chosen.filter(isFlow), ...chosen.filter((other) => !isFlow(other))]) {
      if (claim.kind === "flow" && claim.from !== undefined) {
        await dropElsewhere(context.open, claim.from, claim.owner, claim.token);
      }
      await queue.submit(dropEdit(claim.owner, claim.token));
      removed.push({ host: record.name, claim });
    }
  }
  return removed;
}

function isFlow(claim: Claim): boolean {
  return claim.kind === "flow";
}

/** A claim on one line. */
export function describeClaim({ host, claim }: Listed): string {
  const state = claim.pending === undefined ? "" : " (pending)";
  return `${host}  ${claim.kind}  ${claim.owner}${state}  ${summary(claim)}  by ${claim.writer} at ${claim.time}`;
}

function summary(claim: Claim): string {
  if (claim.kind === "tunnel") return `${claim.mode} to ${claim.peers.map((peer) => peer.name).join(", ")}`;
  if (claim.kind === "service")
    return `tunnel id ${claim.tunnelId}, port ${claim.ports.map(describePort).join(", ")}`;
  const source =
    claim.source === undefined ? `from ${claim.peer?.name}` : `port ${describePort(claim.source.port)}`;
  return `${source} into ${claim.service}`;
}
