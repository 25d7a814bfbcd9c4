import { TaasError } from "../errors";
import { CLAIM_PREFIX, readClaims } from "../model/readClaims";
import type { Operation } from "../ovs/operations";
import { map, set } from "../ovs/values";
import { writeClaim } from "../plan/claims";
import type { Claim } from "../schema/claim";
import { type HostAccess, tapBridgeOf } from "./access";

/** How often a claim that changes in the meantime is read again. */
const MAX_ATTEMPTS = 20;

/**
 * Removes the pending mark from claims. This changes only their own keys, in place and guarded by their old texts, and
 * no rule depends on it, so it needs neither a new generation nor a push. One transaction confirms all. If some are not
 * what was written, each is confirmed separately, from a fresh read. Resolves to errors, by owner, for the claims that
 * are gone.
 */
export async function confirmClaims(
  access: HostAccess,
  claims: readonly Claim[],
): Promise<Map<string, TaasError>> {
  const lost = new Map<string, TaasError>();
  if (await confirmAsWritten(access, claims)) return lost;
  for (const claim of claims) {
    if (await confirmAsRead(access, claim)) continue;
    const error = new TaasError(`the claim of ${claim.owner} disappeared while it was being written`, {
      code: "claim-lost",
      host: access.record.name,
      hint: "Another writer deleted it; run again",
    });
    lost.set(claim.owner, error);
  }
  return lost;
}

async function confirmAsRead(access: HostAccess, { owner, token }: Claim): Promise<boolean> {
  const tapBridge = tapBridgeOf(access.record);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const read = readClaims(await access.replica.read(), tapBridge, access.record.name);
    const claim = read.claims.get(owner);
    if (claim?.token !== token) return false;
    if (claim.pending === undefined || (await confirmAsWritten(access, [claim]))) return true;
  }
  return false;
}

/** False: at least one of them does not have this text there. */
async function confirmAsWritten(access: HostAccess, claims: readonly Claim[]): Promise<boolean> {
  const name = tapBridgeOf(access.record);
  const texts = (each: (claim: Claim) => Claim) =>
    map(Object.fromEntries(claims.map((claim) => [CLAIM_PREFIX + claim.owner, writeClaim(each(claim))])));
  const operations: Operation[] = [
    {
      op: "wait",
      table: "Bridge",
      where: [
        ["name", "==", name],
        ["external_ids", "includes", texts((claim) => claim)],
      ],
      columns: ["name"],
      until: "==",
      rows: [{ name }],
      timeout: 0,
    },
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", name]],
      mutations: [
        ["external_ids", "delete", set(claims.map(({ owner }) => CLAIM_PREFIX + owner))],
        [
          "external_ids",
          "insert",
          texts((claim) => ({ ...claim, pending: undefined, replaces: undefined }) as Claim),
        ],
      ],
    },
  ];
  try {
    await access.ovsdb.transact(operations);
    return true;
  } catch (error) {
    if (error instanceof TaasError && error.code === "guard-failed") return false;
    throw error;
  }
}
