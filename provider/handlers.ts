import { TaasError } from "./errors";
import type { Context } from "./resource/context";
import { tapFlow } from "./resource/flow";
import { halfDone } from "./resource/halfDone";
import type { CheckResult, DiffResult, Properties, ReadResult, Resource } from "./resource/resource";
import { tapService } from "./resource/service";
import { mirrorTunnel } from "./resource/tunnel";
import { createContext, withContext } from "./runtime";
import { type ConfigReader, readSettings } from "./settings";
import type { TapStatistics } from "./statistics/statistics";

/**
 * What the state of every stack calls by name, through the code that Pulumi records with each resource. This module's path,
 * the names it exports, and the names and arguments of their methods are a wire format: they are only ever extended.
 */

let context: Context | undefined;
let invalid: unknown;

/** Takes the stack's configuration; every kind of resource is given the same. */
function configure(read: ConfigReader): void {
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

/** JSON has no undefined, and neither has what Pulumi takes. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What Pulumi's dynamic provider calls for one kind of resource (`dynamic.ResourceProvider`). */
interface Handlers {
  configure(request: { config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Properties | undefined, news: Properties): Promise<CheckResult>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffResult>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, state: Properties): Promise<ReadResult>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, state: Properties): Promise<void>;
}

function handlersOf(resource: Resource, hostProperty: "host" | "hosts"): Handlers {
  return {
    async configure({ config }) {
      configure((key) => config.get(key));
    },
    async check(olds, news) {
      try {
        return clean(resource.check(ready(), olds ?? {}, news));
      } catch (error) {
        if (!(error instanceof TaasError) || error.code !== "invalid-host") throw error;
        return { inputs: clean(news), failures: [{ property: hostProperty, reason: error.message }] };
      }
    },
    async diff(_id, olds, news) {
      return resource.diff(olds, news);
    },
    async create(inputs) {
      try {
        return clean(await resource.create(ready(), inputs));
      } catch (error) {
        throw withState(error, String(inputs.owner), inputs);
      }
    },
    async read(id, state) {
      return clean(await resource.read(ready(), id, state));
    },
    async update(id, olds, news) {
      try {
        return clean(await resource.update(ready(), olds, news));
      } catch (error) {
        throw withState(error, id, olds);
      }
    },
    async delete(_id, state) {
      await resource.delete(ready(), state);
    },
  };
}

export const TapService = handlersOf(tapService, "host");
export const TapFlow = handlersOf(tapFlow, "host");
export const MirrorTunnel = handlersOf(mirrorTunnel, "hosts");

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
function withState(error: unknown, id: string, recorded: Properties): unknown {
  const partial = halfDone(error, id, recorded);
  return partial === undefined ? error : Object.assign(error as Error, partial);
}
