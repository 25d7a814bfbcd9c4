import { HalfDoneError } from "./converge/converge";
import { TaasError } from "./errors";
import type { Context } from "./resource/context";
import { tapFlow } from "./resource/flow";
import type { CheckResult, DiffResult, Properties, ReadResult, Resource } from "./resource/resource";
import { tapService } from "./resource/service";
import { mirrorTunnel } from "./resource/tunnel";
import { createContext, withContext } from "./runtime";
import { type ConfigReader, readSettings } from "./settings";
import type { TapStatistics } from "./statistics/statistics";

/**
 * What the state of every stack calls by name, through the shim that Pulumi records with each resource. This module's
 * path, names and argument lists are a wire format: they are only ever extended.
 */

const resources: Record<string, Resource> = {
  TapService: tapService,
  TapFlow: tapFlow,
  MirrorTunnel: mirrorTunnel,
};

let context: Context | undefined;
let invalid: unknown;

/** Takes the stack's configuration; called before everything else, and again for each shim with the same values. */
export function configure(read: ConfigReader): void {
  if (context !== undefined) return;
  try {
    context = createContext(readSettings(read), (message) => console.error(`warning: ${message}`));
    invalid = undefined;
  } catch (error) {
    invalid = error;
  }
}

function ready(): Context {
  if (context !== undefined) return context;
  if (invalid !== undefined) throw invalid;
  configure(() => undefined);
  return ready();
}

function named(kind: string): Resource {
  const resource = resources[kind];
  if (resource === undefined) throw new Error(`this release of pulumi-taas has no resource ${kind}`);
  return resource;
}

/** JSON has no undefined, and neither has what Pulumi takes. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

export function check(kind: string, olds: Properties | undefined, news: Properties): CheckResult {
  try {
    return clean(named(kind).check(ready(), olds ?? {}, news));
  } catch (error) {
    if (!(error instanceof TaasError) || error.code !== "invalid-host") throw error;
    const property = kind === "MirrorTunnel" ? "hosts" : "host";
    return { inputs: clean(news), failures: [{ property, reason: error.message }] };
  }
}

export function diff(kind: string, _id: string, olds: Properties, news: Properties): DiffResult {
  return named(kind).diff(olds, news);
}

export async function create(kind: string, inputs: Properties): Promise<{ id: string; outs: Properties }> {
  try {
    return clean(await named(kind).create(ready(), inputs));
  } catch (error) {
    throw halfDone(error, inputs);
  }
}

export async function read(kind: string, id: string, state: Properties): Promise<ReadResult> {
  return clean(await named(kind).read(ready(), id, state));
}

export async function update(
  kind: string,
  _id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Properties }> {
  return clean(await named(kind).update(ready(), olds, news));
}

export async function remove(kind: string, _id: string, state: Properties): Promise<void> {
  await named(kind).delete(ready(), state);
}

/** What the hosts count. Not part of any resource, so that counters are never in a state. */
export async function statistics(read: ConfigReader, hosts: readonly unknown[]): Promise<TapStatistics> {
  return withContext(readSettings(read), async (context) => {
    const records = hosts.map((host) => context.resolveHost(host));
    const counted = await Promise.all(records.map((record) => context.open(record).statistics()));
    return clean({
      hosts: Object.fromEntries(records.map((record, index) => [record.name, counted[index]!])),
    });
  });
}

/** What exists of a half-made resource goes into the state, so that the next run finishes it. */
function halfDone(error: unknown, inputs: Properties): unknown {
  if (!(error instanceof HalfDoneError)) return error;
  const properties = { ...inputs, status: "drifted: half made", incarnation: error.token };
  return Object.assign(error, { id: String(inputs.owner), properties, reasons: error.reasons });
}
