import { allOf } from "./allOf";
import { TaasError } from "./errors";
import { type Context, namesOf } from "./resource/context";
import { flowChecks } from "./resource/flowChecks";
import { halfDone } from "./resource/halfDone";
import type { CheckResult, Checks, DiffResult, Properties, ReadResult, Resource } from "./resource/resource";
import { serviceChecks } from "./resource/serviceChecks";
import { tunnelChecks } from "./resource/tunnelChecks";
import { type ConfigReader, readSettings, type Settings } from "./settings";
import type { TapStatistics } from "./statistics/statistics";

/**
 * What the state of every stack calls by name, through the code that Pulumi records with each resource. Its path in the package,
 * the names it exports, and the names and arguments of their methods are a wire format: they are only ever extended.
 */

let settings: Settings | undefined;
let invalid: unknown;
let context: Context | undefined;

/** The incarnations that the state has, by owner: a replacement is told its new arguments only, but compared with it before. */
const incarnations = new Map<unknown, unknown>();

/** Takes the stack's configuration; every kind of resource is given the same. */
function configure(read: ConfigReader): void {
  if (settings !== undefined) return;
  try {
    settings = readSettings(read);
    invalid = undefined;
  } catch (error) {
    invalid = error;
  }
}

function ready(): Settings {
  if (settings !== undefined) return settings;
  if (invalid !== undefined) throw invalid;
  configure(() => undefined);
  return ready();
}

type Kind = "TapService" | "TapFlow" | "MirrorTunnel";

/** What operations take is loaded with the first of them: previews, which ask no host, start sooner without. */
const load = () => import("./operations.js");

async function operate(kind: Kind): Promise<{ resource: Resource; context: Context }> {
  const operations = await load();
  context ??= operations.createContext(ready(), (message) => console.error(`warning: ${message}`));
  return { resource: operations[kind], context };
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

function handlersOf(kind: Kind, { check, diff }: Checks, hostProperty: "host" | "hosts"): Handlers {
  return {
    async configure({ config }) {
      configure((key) => config.get(key));
    },
    async check(olds, news) {
      try {
        return clean(check(namesOf(ready().inventory), olds ?? {}, news));
      } catch (error) {
        if (!(error instanceof TaasError) || error.code !== "invalid-host") throw error;
        return { inputs: clean(news), failures: [{ property: hostProperty, reason: error.message }] };
      }
    },
    async diff(_id, olds, news) {
      incarnations.set(olds.owner, olds.incarnation);
      return diff(olds, news);
    },
    async create(inputs) {
      const { resource, context } = await operate(kind);
      try {
        const replaced = incarnations.get(inputs.owner) as string | undefined;
        return clean(await resource.create(context, inputs, replaced));
      } catch (error) {
        throw withState(error, String(inputs.owner), inputs);
      }
    },
    async read(id, state) {
      const { resource, context } = await operate(kind);
      return clean(await resource.read(context, id, state));
    },
    async update(id, olds, news) {
      const { resource, context } = await operate(kind);
      try {
        return clean(await resource.update(context, olds, news));
      } catch (error) {
        throw withState(error, id, olds);
      }
    },
    async delete(_id, state) {
      const { resource, context } = await operate(kind);
      await resource.delete(context, state);
    },
  };
}

export const TapService = handlersOf("TapService", serviceChecks, "host");
export const TapFlow = handlersOf("TapFlow", flowChecks, "host");
export const MirrorTunnel = handlersOf("MirrorTunnel", tunnelChecks, "hosts");

/** What the hosts count. Not part of any resource, so that counters are never in a state. */
export async function statistics(read: ConfigReader, hosts: readonly unknown[]): Promise<TapStatistics> {
  const settings = readSettings(read);
  const { withContext } = await load();
  return withContext(settings, async (context) => {
    const records = hosts.map((host) => context.resolveHost(host));
    const counted = await allOf(records.map((record) => context.open(record).statistics()));
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
