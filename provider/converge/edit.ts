import { TaasError } from "../errors";
import { digest } from "../model/identity";
import type { Facts } from "../ovs/facts";
import { writeClaim } from "../plan/claims";
import type { Claim, ServiceClaim } from "../schema/claim";
import { portKey } from "../schema/port";
import { RUN, stackOf, writer } from "./run";

/** A claim without what its writing adds. */
export type Draft = Claim extends infer Kind
  ? Kind extends Claim
    ? Omit<Kind, "token" | "pending" | "writer" | "time" | "homes" | "leaving">
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

const VOLATILE = { token: "", pending: undefined, writer: "", time: "", homes: undefined, ageing: undefined };

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
      const homes = existing?.kind === "service" ? existing.homes : undefined;
      const fresh = {
        ...draft,
        token,
        pending: stage === "pending" ? RUN : undefined,
        writer: writer(),
        time: new Date().toISOString(),
      } as Claim;
      const next = fresh.kind === "service" && homes !== undefined ? { ...fresh, homes } : fresh;
      if (existing !== undefined && existing.token !== token && !isLeftover(existing, stackOf(draft.owner))) {
        const takes = options.adopt || (options.mode === "create" && sameContent(existing, next));
        if (!takes) throw refuse(existing, options);
      }
      if (existing?.token === token && existing.pending === undefined) {
        next.pending = undefined;
        if (existing.owner === next.owner && sameContent(existing, next)) return;
      }
      if (existing?.kind === "service" && next.kind === "service") releaseMonitors(existing, next, claims);
      claims.set(next.owner, next);
    },
  };
}

/** The claim that brings one monitor home, and ends there. */
function leavingClaim(claim: ServiceClaim, key: string): ServiceClaim {
  const port = claim.ports.find((wanted) => portKey(wanted) === key)!;
  const owner = `${claim.owner}#leaving-${digest(8, claim.token, key)}`;
  return { ...claim, owner, ports: [port], homes: { [key]: claim.homes![key]! }, leaving: true };
}

/** Monitors that a service gives up, or leaves on the integration bridge from now on, go home. */
function releaseMonitors(existing: ServiceClaim, next: ServiceClaim, claims: Map<string, Claim>): void {
  const kept = new Set(next.attachment === "tap-bridge" ? next.ports.map(portKey) : []);
  const homes = Object.entries(existing.homes ?? {});
  for (const [key] of homes.filter(([key]) => !kept.has(key))) {
    const leaving = leavingClaim(existing, key);
    claims.set(leaving.owner, leaving);
  }
  const staying = Object.fromEntries(homes.filter(([key]) => kept.has(key)));
  next.homes = Object.keys(staying).length === 0 ? undefined : staying;
}

/** Takes a claim away; a service's monitors go home first. */
export function takeOut(claims: Map<string, Claim>, claim: Claim): void {
  if (claim.kind === "service" && claim.leaving !== undefined) return;
  claims.delete(claim.owner);
  if (claim.kind !== "service") return;
  for (const key of Object.keys(claim.homes ?? {})) {
    const leaving = leavingClaim(claim, key);
    claims.set(leaving.owner, leaving);
  }
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
