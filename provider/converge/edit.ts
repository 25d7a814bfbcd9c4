import { TaasError } from "../errors";
import type { Facts } from "../ovs/facts";
import { writeClaim } from "../plan/claims";
import type { Claim, ServiceClaim } from "../schema/claim";
import { RUN, stackOf, writer } from "./run";

/** A claim without what its writing adds. */
export type Draft = Claim extends infer Kind
  ? Kind extends Claim
    ? Omit<Kind, "token" | "pending" | "writer" | "time" | "home" | "leaving">
    : never
  : never;

/** A change to one host's claims. Applied to what is there at that moment, maybe more than once, so it must be idempotent. */
export interface Edit {
  /** Whose problems are this edit's problems. */
  owner: string;
  apply(claims: Map<string, Claim>, facts: Facts): void;
}

/** How a claim is put. */
export interface PutOptions {
  draft: Draft;
  token: string;
  /** create: may take over what is the same or a leftover; update: the claim must be its own or gone. */
  mode: "create" | "update";
  /** Take over a claim that differs. */
  adopt: boolean;
  /** Written as pending, to be confirmed. */
  stage: "pending" | "confirmed";
  /** The owner key the resource had before it was renamed. */
  previousOwner: string | undefined;
  host: string;
}

const VOLATILE = { token: "", pending: undefined, writer: "", time: "", home: undefined };

function sameContent(a: Claim, b: Claim): boolean {
  return writeClaim({ ...a, ...VOLATILE } as Claim) === writeClaim({ ...b, ...VOLATILE } as Claim);
}

/** A pending claim of a run of the same stack that is over: that run was killed in between. */
export function isLeftover(claim: Claim, stack: string): boolean {
  return claim.pending !== undefined && claim.pending !== RUN && stackOf(claim.owner) === stack;
}

function refuse(existing: Claim, options: PutOptions): TaasError {
  const by = `${existing.writer} at ${existing.time}`;
  return new TaasError(
    options.mode === "create"
      ? `a different claim of ${existing.owner} is already there, written by ${by}`
      : `the claim of ${existing.owner} was taken over by ${by}`,
    {
      code: "claim-differs",
      host: options.host,
      hint: "Set adopt: true on the resource to take it over, or destroy the stack that wrote it",
    },
  );
}

/** Puts a claim in, or brings it up to date. */
export function putEdit(options: PutOptions): Edit {
  const { draft, token, stage, previousOwner } = options;
  return {
    owner: draft.owner,
    apply(claims) {
      const renamed = previousOwner === undefined ? undefined : claims.get(previousOwner);
      const mine = renamed?.token === token ? renamed : undefined;
      if (mine !== undefined) claims.delete(mine.owner);
      const existing = claims.get(draft.owner) ?? mine;
      const home = existing?.kind === "service" ? existing.home : undefined;
      const fresh = {
        ...draft,
        token,
        pending: stage === "pending" ? RUN : undefined,
        writer: writer(),
        time: new Date().toISOString(),
      } as Claim;
      const next = fresh.kind === "service" && home !== undefined ? { ...fresh, home } : fresh;
      if (existing !== undefined && existing.token !== token && !isLeftover(existing, stackOf(draft.owner))) {
        const takes = options.adopt || (options.mode === "create" && sameContent(existing, next));
        if (!takes) throw refuse(existing, options);
      }
      if (existing?.token === token && existing.pending === undefined) {
        next.pending = undefined;
        if (existing.owner === next.owner && sameContent(existing, next)) return;
      }
      if (existing?.kind === "service" && next.kind === "service") releaseMonitor(existing, next, claims);
      claims.set(next.owner, next);
    },
  };
}

/** The part of a service's claim that a monitor on its way home still has. */
function leavingClaim(claim: ServiceClaim): ServiceClaim {
  return { ...claim, owner: `${claim.owner}#leaving-${claim.token}`, leaving: true };
}

/** When a service gets another monitor, or leaves its port on the integration bridge, the old monitor goes home. */
function releaseMonitor(existing: ServiceClaim, next: ServiceClaim, claims: Map<string, Claim>): void {
  const same = JSON.stringify(existing.port) === JSON.stringify(next.port);
  if (existing.home === undefined || (same && next.attachment === "tap-bridge")) return;
  const leaving = leavingClaim(existing);
  claims.set(leaving.owner, leaving);
  next.home = undefined;
}

/** Takes a claim away; a service's monitor goes home first. */
export function takeOut(claims: Map<string, Claim>, claim: Claim): void {
  claims.delete(claim.owner);
  if (claim.kind !== "service" || claim.home === undefined) return;
  const leaving = claim.leaving === undefined ? leavingClaim(claim) : claim;
  claims.set(leaving.owner, leaving);
}

/** Drops a claim if it is of this incarnation; one of another is somebody else's, and ours is already gone. */
export function dropEdit(owner: string, token: string): Edit {
  return {
    owner,
    apply(claims) {
      const claim = claims.get(owner);
      if (claim?.token === token) takeOut(claims, claim);
    },
  };
}
