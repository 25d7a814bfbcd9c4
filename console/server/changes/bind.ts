import type { Context } from "../../../provider/resource/context";
import type { Deployer } from "../deploy/deployer";
import type { PlannedStep } from "../deploy/steps";
import { hashOf } from "../program/programFile";
import type { Bound } from "./record";

/** What previews are bound to. */
export interface Bindings {
  context: Context;
  deployer: Deployer;
  /** Hosts of the inventory by address; what the program says of others is in the state. */
  hosts: ReadonlyMap<string, Parameters<Context["open"]>[0]>;
}

/** What a preview of a program is bound to, as it is now. */
export async function bind(
  { context, deployer, hosts }: Bindings,
  program: string,
  addresses: readonly string[],
): Promise<Bound> {
  const records = [...new Set(addresses)].sort().flatMap((address) => hosts.get(address) ?? []);
  const [state, ...found] = await Promise.all([
    deployer.state(),
    ...records.map(async (record) => [record.address, await hostState(context, record)] as const),
  ]);
  return { program: hashOf(program), state: hashOf(state), hosts: Object.fromEntries(found) };
}

/** Generation of a host's claims, and how the host differs from them. */
async function hostState(context: Context, record: Parameters<Context["open"]>[0]): Promise<string> {
  try {
    const { read, differences } = await context.open(record).inspect();
    const drift = differences.map(({ what }) => what).sort();
    return `${read.generation} ${hashOf(JSON.stringify(drift))}`;
  } catch (error) {
    return `unreachable: ${(error as Error).message}`;
  }
}

/** The addresses that steps are about. */
export function addressesOf(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap(({ addresses }) => addresses);
}

/** Equal for previews that do the same: which steps on what, to which rules. */
export function outcomeOf(steps: readonly PlannedStep[]): string {
  return hashOf(JSON.stringify(steps.map(({ step, urn }) => [urn, step])));
}
