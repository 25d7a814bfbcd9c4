import { allOf } from "../allOf";
import { integrationBridgeOf } from "../converge/access";
import { tunnelAddress } from "../converge/addresses";
import { machineOf, type OpenHost, uniqueMachines } from "../converge/hosts";
import type { Target } from "../converge/intent";
import type { Look } from "../converge/look";
import { requireAddress, requireOneFamily } from "../converge/network";
import { TaasError } from "../errors";
import { endpointPort, explicitEndpoint } from "../model/endpoint";
import type { TunnelClaim } from "../schema/claim";
import { pick } from "../schema/options";
import { type TunnelInputs, tunnelOptions } from "../schema/tunnel";
import { isEqual } from "./compare";

type TunnelDraft = Omit<TunnelClaim, "token" | "pending" | "writer" | "time">;

/** One end of a tunnel: its host and its claim. */
export interface Member {
  seen: Look;
  draft: TunnelDraft;
}

/** The name of the tunnel's port on each host. A pair has one name, and all ports of a mesh have the same. */
export function namesOf(members: readonly Member[]): Record<string, string> {
  return Object.fromEntries(
    members.map(({ seen, draft }) => [
      seen.record.address,
      endpointPort(explicitEndpoint(draft, draft.peers[0]!.remote)),
    ]),
  );
}

/**
 * Each member's claim, without its phase, according to the arguments and the looks at the hosts; without further reads.
 */
export function claimsOf(inputs: TunnelInputs, looks: readonly Look[]): Member[] {
  const members = looks.map((seen, index) => ({
    seen,
    local: inputs.localIps[index] ?? tunnelAddress(seen.record, seen.facts),
  }));
  const machines = new Map<string, Look>();
  for (const { seen } of members) {
    const same = machines.get(machineOf(seen));
    if (same !== undefined) {
      throw new TaasError(`${same.record.name} and ${seen.record.name} are the same machine`, {
        code: "same-machine",
        host: seen.record.name,
        hint: "A tunnel has its ends on different machines; name each machine once",
      });
    }
    machines.set(machineOf(seen), seen);
  }
  for (const { seen, local } of members.slice(1)) {
    const [first] = members;
    const peer = { address: first!.local, host: first!.seen.record.name };
    requireOneFamily(local, peer, seen.record.name);
  }
  const { owner, udpPort } = inputs;
  return members.map(({ seen, local }) => ({
    seen,
    draft: {
      format: 1,
      kind: "tunnel",
      owner,
      udpPort,
      ...pick(tunnelOptions, inputs),
      local,
      integrationBridge: integrationBridgeOf(seen.record),
      peers: members
        .filter((other) => other.seen !== seen)
        .map((other) => ({
          machine: other.seen.facts.machine,
          name: other.seen.record.name,
          remote: other.local,
        })),
    },
  }));
}

/** Rejects underlay addresses that the hosts do not have. */
export async function requireAddresses(open: OpenHost, members: readonly Member[]): Promise<void> {
  await allOf(
    members.map(async ({ seen, draft }) =>
      requireAddress(await open(seen.record).underlay(""), draft.local, seen.record.name),
    ),
  );
}

function inPhase(members: readonly Member[], phase: TunnelClaim["phase"]): Target[] {
  return members.map(({ seen, draft }) => ({ seen, draft: { ...draft, phase } }));
}

/** What two claims must have in common so that flows stay on the tunnel while one becomes the other. */
function wireOf(claim: TunnelDraft): Partial<TunnelDraft> {
  const { mode, type, udpPort, local, peers } = claim;
  return { mode, type, udpPort, local, peers };
}

/** The existing claims of this incarnation; of any, if none is given. */
function standing(looks: readonly Look[], { owner, token }: Was): Member[] {
  return looks.flatMap((seen) => {
    const claim = seen.read.claims.get(owner);
    if (claim?.kind !== "tunnel" || claim.token !== (token ?? claim.token)) return [];
    const { token: _token, pending: _pending, writer: _writer, time: _time, ...draft } = claim;
    return [{ seen, draft }];
  });
}

/** The owner of the earlier claims. */
interface Was {
  owner: string;
  token: string | undefined;
}

/** Whether a tunnel exists on all its hosts and on no other, with the properties it is to have on the wire. */
function isUp(old: readonly Member[], members: readonly Member[]): boolean {
  const next = new Map(members.map(({ seen, draft }) => [machineOf(seen), wireOf(draft)]));
  return (
    old.length === members.length &&
    old.every(({ seen, draft }) => isEqual(next.get(machineOf(seen)), wireOf(draft)))
  );
}

/**
 * A tunnel is created in steps, each on all hosts before the next: its ports exist; flows send through it while the
 * older tunnels still listen; the older tunnels are deleted. A tunnel that is up stays up when it is changed, or when a
 * create takes it over.
 */
export function rounds(members: readonly Member[], looks: readonly Look[], was: Was): Target[][] {
  const old = standing(uniqueMachines(looks), was);
  const last = [inPhase(members, "preferred"), inPhase(members, undefined)];
  const ready = inPhase(members, "ready");
  if (!isUp(old, members)) return [ready, ...last];
  return old.some(({ draft }) => draft.phase === "ready") ? last : last.slice(1);
}

/**
 * A tunnel is deleted by the same steps in reverse order, also on hosts that it leaves, so that no copy is lost in
 * either direction. `members`: what it becomes, if it is not deleted.
 */
export function preliminary(looks: readonly Look[], was: Was, members: readonly Member[] = []): Target[][] {
  const old = standing(uniqueMachines(looks), was);
  if (old.length === 0 || isUp(old, members)) return [];
  const owner = members[0]?.draft.owner ?? was.owner;
  const renamed = old.map(({ seen, draft }) => ({ seen, draft: { ...draft, owner } }));
  return [inPhase(renamed, "preferred"), inPhase(renamed, "ready")];
}
