import { writeClaim } from "../../../provider/plan/claims";
import type { Context } from "../../../provider/resource/context";
import type { Deployer } from "../deploy/deployer";
import { addressesIn, type PlannedStep } from "../deploy/steps";
import { hashOf } from "../program/programFile";
import type { ProjectFiles } from "../program/projectFiles";
import type { Bound } from "./record";

/** What previews are bound to. */
export interface Bindings {
  context: Context;
  deployer: Deployer;
  /** Hosts of the inventory by address; records of other hosts are in the state. */
  hosts: ReadonlyMap<string, Parameters<Context["open"]>[0]>;
}

/** What a preview of a project is bound to, as it is now: its files, the state, and the hosts of the state. A run repairs all of those. */
export async function bind(means: Bindings, project: ProjectFiles): Promise<Bound> {
  const state = await means.deployer.state();
  const bound = { project: project.hash, state: hashOf(state), hosts: {} };
  return withHosts(means, bound, addressesIn(parsed(state)));
}

/** The same, with additional hosts. */
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

/**
 * A host's claims, and how the host differs from them. A capture changes nothing that a preview depends on, so its claim, and the
 * generation that rises with it, do not count.
 */
async function hostState(context: Context, record: Parameters<Context["open"]>[0]): Promise<string> {
  try {
    const { read, differences } = await context.open(record).inspect();
    const lasting = [...read.claims.values()].filter(({ kind }) => kind !== "capture");
    const owners = new Set(lasting.map(({ owner }) => owner));
    const drift = differences
      .filter(
        ({ owners: of, transient }) =>
          transient !== true && (of.length === 0 || of.some((owner) => owners.has(owner))),
      )
      .map(({ what }) => what)
      .sort();
    return hashOf(JSON.stringify([lasting.map(writeClaim).sort(), drift]));
  } catch (error) {
    return `unreachable: ${(error as Error).message}`;
  }
}

/** The addresses of the hosts that steps concern. */
export function addressesOf(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap(({ addresses }) => addresses);
}

/** Equal for previews with the same effect: which steps on which resources, with which rules. */
export function outcomeOf(steps: readonly PlannedStep[]): string {
  return hashOf(JSON.stringify(steps.map(({ step, urn, inputs }) => [urn, step, inputs])));
}
