import { TaasError } from "../errors";
import { bumpNextCfg, nextCfgOf } from "../ovs/applied";
import { isSame } from "../ovs/database";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import type { Plan } from "../plan/host";
import type { HostAccess } from "./access";
import { OtherWriter, type Refusal } from "./otherWriter";

/**
 * One transaction; the answer is the number that says when ovs-vswitchd has put it into effect, undefined where there is nothing
 * to put. `before`: what it was planned from. `refused`: the refusal that the plan before this one met. What is refused because
 * facts have changed, such as the use of a port that has gone, throws `OtherWriter`. A plan from fresh facts then differs. Where
 * it does not, or no fact has changed, the database refuses the operations themselves, and its error is thrown.
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
