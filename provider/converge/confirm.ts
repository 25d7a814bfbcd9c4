import { TaasError } from "../errors";
import { CLAIM_PREFIX, readClaims } from "../model/readClaims";
import { readFacts } from "../ovs/readFacts";
import { map, set, uuid } from "../ovs/values";
import { writeClaim } from "../plan/claims";
import { type HostAccess, tapBridgeOf } from "./access";

/** How often a claim that changes under our hands is read again. */
const MAX_ATTEMPTS = 20;

/**
 * Confirms a pending claim. It changes nothing but that one key, in place and guarded by its old text, and no rule
 * depends on it, so it needs neither a new generation nor a push.
 */
export async function confirmClaim(access: HostAccess, owner: string, token: string): Promise<void> {
  const tapBridge = tapBridgeOf(access.record);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const read = readClaims(await readFacts(access.ovsdb), tapBridge, access.record.name);
    const claim = read.claims.get(owner);
    if (read.bridge === undefined || claim?.token !== token) break;
    if (claim.pending === undefined) return;
    const key = CLAIM_PREFIX + owner;
    const { pending: _, ...confirmed } = claim;
    try {
      await access.ovsdb.transact([
        {
          op: "wait",
          table: "Bridge",
          where: [
            ["_uuid", "==", uuid(read.bridge.uuid)],
            ["external_ids", "includes", map({ [key]: read.bridge.externalIds[key]! })],
          ],
          columns: ["name"],
          until: "==",
          rows: [{ name: tapBridge }],
          timeout: 0,
        },
        {
          op: "mutate",
          table: "Bridge",
          where: [["_uuid", "==", uuid(read.bridge.uuid)]],
          mutations: [
            ["external_ids", "delete", set([key])],
            ["external_ids", "insert", map({ [key]: writeClaim(confirmed as typeof claim) })],
          ],
        },
      ]);
      return;
    } catch (error) {
      if (!(error instanceof TaasError && error.code === "guard-failed")) throw error;
    }
  }
  throw new TaasError(`the claim of ${owner} went away while it was being made`, {
    code: "claim-lost",
    host: access.record.name,
    hint: "Another writer removed it; run again",
  });
}
