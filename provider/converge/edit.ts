import { TaasError } from "../errors";
import { hasEnded } from "../model/ended";
import { stackOf } from "../model/identity";
import { namesBefore } from "../model/serviceNames";
import { writeClaim } from "../plan/claims";
import { type Claim, claimOf, type Elsewhere } from "../schema/claim";
import { withUnknownPart } from "../schema/stored";
import { areEqual, areGivenEqually } from "./compareClaims";
import { isExpired, isLeftover, RUN, replacedBy, writer } from "./run";

/** A claim without the fields that are added when it is written. */
export type Draft = Claim extends infer Kind
  ? Kind extends Claim
    ? Omit<Kind, "token" | "pending" | "replaces" | "elsewhere" | "former" | "writer" | "time">
    : never
  : never;

/** A claim of a flow as it is to be. */
export type FlowDraft = Extract<Draft, { kind: "flow" }>;

/**
 * A change to one host's claims. It is applied to the claims as they are at that moment, possibly more than once, so it
 * must be idempotent.
 */
export interface Edit {
  /** The owner to whose problems this edit is subject. */
  owner: string;
  /**
   * What the edit does to the owner's claim. A claim that is put or noted on is not a leftover; a note has no problems;
   * a clean-up deletes a leftover or a tap that has ended, and nobody waits for it.
   */
  kind: "put" | "delete" | "note" | "clean-up";
  apply(claims: Map<string, Claim>): void;
}

/** How a claim is put. */
export interface PutOptions {
  draft: Draft;
  token: string;
  /** create: may take over a claim that is the same or a leftover; update: the claim must be its own, or gone. */
  mode: "create" | "update";
  /** Takes over a claim with different content. */
  adopt: boolean;
  /** The previous incarnation of the resource, whose claim a create takes over, too. */
  replaced: string | undefined;
  /** Written as pending, to be confirmed. */
  mark: "pending" | "confirmed";
  /** The owner key before the resource was renamed. */
  previousOwner: string | undefined;
  /** The resource's other machines. */
  elsewhere: Elsewhere;
  host: string;
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
      hint: "With up --replace, run up without it first, which changes arguments in place. Otherwise set adopt: true on the resource to take the claim over, or destroy the stack that wrote it",
    },
  );
}

/** Inserts a claim, or updates it. */
export function putEdit(options: PutOptions): Edit {
  const { draft, token, mark, previousOwner, elsewhere } = options;
  const time = new Date().toISOString();
  return {
    owner: draft.owner,
    kind: "put",
    apply(claims) {
      const renamed = previousOwner === undefined ? undefined : claims.get(previousOwner);
      const mine = renamed?.token === token ? renamed : undefined;
      if (mine !== undefined) claims.delete(mine.owner);
      const existing = claims.get(draft.owner) ?? mine;
      const pending = mark === "pending" && !(existing?.token === token && existing.pending === undefined);
      const written = {
        ...draft,
        token,
        pending: pending ? RUN : undefined,
        replaces: pending ? replacedText(existing, token) : undefined,
        elsewhere: elsewhere.length === 0 ? undefined : elsewhere,
        ...(draft.kind === "service" && existing?.kind === "service"
          ? { former: namesBefore(existing, draft) }
          : {}),
        writer: writer(),
        time,
      } as Claim;
      const next =
        existing?.token === token
          ? (withUnknownPart(claimOf[draft.kind], written, existing) as Claim)
          : written;
      if (existing !== undefined && existing.token !== token && !isLeftover(existing, stackOf(draft.owner))) {
        const isKnown = () => existing.token === options.replaced || areGivenEqually(existing, next);
        const takes = options.adopt || (options.mode === "create" && isKnown());
        if (!takes) throw refuse(existing, options);
      }
      const stands = existing?.token === token && existing.pending === next.pending;
      if (stands && existing.owner === next.owner && areEqual(existing, next)) return;
      claims.set(next.owner, next);
    },
  };
}

/**
 * The text that a pending claim is replaced by if it is not confirmed: the confirmed claim it replaced, or the text
 * that this one's own leftover recorded.
 */
function replacedText(existing: Claim | undefined, token: string): string | undefined {
  if (existing === undefined) return undefined;
  if (existing.token === token || existing.pending !== undefined) return existing.replaces;
  return writeClaim(existing);
}

/** Deletes a claim; a pending one is replaced by the claim that it had replaced. */
function deleteClaim(claims: Map<string, Claim>, claim: Claim): void {
  const replaced = replacedBy(claim);
  if (replaced === undefined) claims.delete(claim.owner);
  else claims.set(replaced.owner, replaced);
}

/**
 * Deletes the claim of an incarnation, whatever its owner key is now. A claim of another incarnation belongs to
 * somebody else, and ours is already gone. `isMeant`: whether a claim of the incarnation is to be deleted; default:
 * always.
 */
export function deleteEdit(
  owner: string,
  token: string,
  isMeant: (claim: Claim) => boolean = () => true,
): Edit {
  return {
    owner,
    kind: "delete",
    apply(claims) {
      for (const claim of [...claims.values()]) {
        const replaced = replacedBy(claim);
        if (claim.token === token) {
          if (isMeant(claim)) deleteClaim(claims, claim);
        } else if (replaced?.token === token && isMeant(replaced))
          claims.set(claim.owner, { ...claim, replaces: undefined });
      }
    },
  };
}

/**
 * Removes the pending mark from the claim of an incarnation that a killed run had written at all its ends, but not
 * confirmed at all of them.
 */
export function finishEdit({ owner, token }: Claim): Edit {
  return {
    owner,
    kind: "note",
    apply(claims) {
      for (const claim of claims.values()) {
        if (claim.token !== token || !isLeftover(claim, stackOf(owner))) continue;
        claims.set(claim.owner, { ...claim, pending: undefined, replaces: undefined });
      }
    },
  };
}

/** Notes in an incarnation's claim that other machines are about to get one too. */
export function noteEdit(owner: string, token: string, elsewhere: Elsewhere): Edit {
  return {
    owner,
    kind: "note",
    apply(claims) {
      for (const claim of [...claims.values()]) {
        if (claim.token !== token) continue;
        const known = (claim.elsewhere ?? []).filter((one) =>
          elsewhere.every(({ machine }) => machine !== one.machine),
        );
        claims.set(claim.owner, { ...claim, elsewhere: [...known, ...elsewhere] });
      }
    },
  };
}

/**
 * Whether a tap has come to its end where a claim of it is. `now`: by the clock of that host. The source's host ends the copies, so its
 * clock alone counts there. The end at the monitor stays while either that host's clock or this machine's says that there is time
 * left: deleted early, it would end copies that are still sent.
 */
function isOver(claim: Claim, now: number): boolean {
  if (claim.kind !== "flow") return false;
  return hasEnded(claim, claim.source === undefined ? Math.min(now, Date.now()) : now);
}

/**
 * The edits that clean up a host: claims that killed runs of the edits' stacks left pending on this host only, old ones
 * of any stack, and taps that have ended. Claims with other ends are cleaned up together with those (`cleanUp`), and a
 * claim that is being put again is finished instead.
 */
export function cleanUps(claims: ReadonlyMap<string, Claim>, edits: readonly Edit[], now: number): Edit[] {
  const stacks = new Set(edits.map((edit) => stackOf(edit.owner)));
  const finished = new Set(edits.filter((edit) => edit.kind !== "delete").map((edit) => edit.owner));
  const isDue = (claim: Claim): boolean => {
    const alone = claim.elsewhere === undefined && (claim.kind !== "flow" || claim.from === undefined);
    return isExpired(claim) || (alone && [...stacks].some((stack) => isLeftover(claim, stack)));
  };
  const due = [...claims.values()].filter((claim) => !finished.has(claim.owner) && isDue(claim));
  const ended = [...claims.values()].filter((claim) => isOver(claim, now) && !due.includes(claim));
  return [...due, ...ended].map((claim) => ({ ...deleteEdit(claim.owner, claim.token), kind: "clean-up" }));
}
