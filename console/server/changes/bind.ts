import type { Context } from "../../../provider/resource/context";
import type { Deployer } from "../deploy/deployer";
import { addressesIn, type PlannedStep } from "../deploy/steps";
import { hashOf } from "../program/programFile";
import type { Bound } from "./record";

/** What previews are bound to. */
export interface Bindings {
  context: Context;
  deployer: Deployer;
  /** Hosts of the inventory by address; what the program says of others is in the state. */
  hosts: ReadonlyMap<string, Parameters<Context["open"]>[0]>;
}

/** What a preview of a program is bound to, as it is now: the program, the state, and the hosts of the state. A run repairs all of those. */
export async function bind(means: Bindings, program: string): Promise<Bound> {
  const state = await means.deployer.state();
  const bound = { program: hashOf(program), state: hashOf(state), hosts: {} };
  return withHosts(means, bound, addressesIn(parsed(state)));
}

/** The same with those hosts that it has not yet. */
export async function withHosts(
  { context, hosts }: Bindings,
  bound: Bound,
  addresses: readonly string[],
): Promise<Bound> {
  const missing = [...new Set(addresses)].filter((address) => !Object.hasOwn(bound.hosts, address));
  const records = missing.flatMap((address) => hosts.get(address) ?? []);
  const found = await Promise.all(
    records.map(async (record) => [record.address, await hostState(context, record)] as const),
  );
  return { ...bound, hosts: { ...bound.hosts, ...Object.fromEntries(found) } };
}

function parsed(state: string): unknown {
  try {
    return JSON.parse(state);
  } catch {
    return undefined;
  }
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
  return hashOf(JSON.stringify(steps.map(({ step, urn, inputs }) => [urn, step, inputs])));
}
