import { TaasError } from "../errors";
import { bumpNextCfg, nextCfgOf } from "../ovs/applied";
import { isSame } from "../ovs/database";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import type { Plan } from "../plan/host";
import type { HostAccess } from "./access";
import { OtherWriter, type Refusal } from "./otherWriter";

/**
 * Commits one transaction. Resolves to the number that tells when ovs-vswitchd has applied it; undefined if there is
 * nothing to apply. `before`: the facts from which it was planned. `refused`: the refusal of the previous plan. A
 * refusal because facts have changed, such as a deleted port, throws `OtherWriter`; a plan from fresh facts then
 * differs. If it does not differ, or no fact has changed, the database refuses the operations themselves, and its error
 * is thrown.
 */
export async function commit(
  { ovsdb, replica, record }: Pick<HostAccess, "ovsdb" | "replica" | "record">,
  { operations, effect }: Plan,
  before: Facts,
  refused: Refusal | undefined,
): Promise<number | undefined> {
  const acknowledged = effect !== "claims";
  try {
    const results = await ovsdb.transact([...operations, ...(acknowledged ? bumpNextCfg() : [])]);
    return acknowledged ? nextCfgOf(results, record.name) : undefined;
  } catch (error) {
    if (!(error instanceof TaasError)) throw error;
    if (error.code === "guard-failed") throw new OtherWriter();
    if (error.code !== "ovsdb-error") throw error;
    const refusal = refusalOf(operations, error);
    if (refusal.operations === refused?.operations || isSame(await replica.read(), before)) throw error;
    throw new OtherWriter(refusal);
  }
}

function refusalOf(operations: readonly Operation[], error: TaasError): Refusal {
  return { operations: JSON.stringify(operations), error };
}
