import { engineAddress, nameRun } from "./engineRun";
import { COMPUTED, type Kind, SECRETS, secretProperties, tellsSecret } from "./face/computed";
import { type Caller, Provider, readStatistics, verifyOver } from "./provider";
import { withoutFormerSecrets } from "./resource/formerSecrets";
import type { CheckResult, DiffResult, Properties, ReadResult } from "./resource/resource";
import { withoutNulls } from "./schema/nulls";
import { type ConfigReader, readSettings, type Settings } from "./settings";
import type { TapStatistics } from "./statistics/statistics";
import type { TapVerifications } from "./verify/verification";

/**
 * The state of every stack calls these exports by name, from the code that Pulumi records with each resource. The path
 * of this module in the package, the names it exports, and the names and arguments of their methods are a wire format:
 * they are only ever extended.
 */

const engine = engineAddress(process.argv.slice(2));
if (engine !== undefined) nameRun(engine);

let settings: Settings | undefined;
let invalid: unknown;

/** Reads the stack's configuration; it is the same for every kind of resource. */
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

/** The names of the secret arguments, as the program passed them, to be recorded with the resource. */
function told({ [SECRETS]: names }: Properties): Properties {
  return names === undefined || names === null ? {} : { [SECRETS]: names };
}

/**
 * An empty value for each output that would reveal a secret argument. The engine keeps an output secret if the input of
 * the same name is secret, and the program passes a secret empty value for each of them. The operations get the inputs
 * without those that are still empty.
 */
function hidden(kind: Kind, news: Properties): Properties {
  return tellsSecret(secretsIn(news)) ? Object.fromEntries(COMPUTED[kind].map((name) => [name, null])) : {};
}

function secretsIn(...all: readonly Properties[]): ReadonlySet<string> {
  return new Set(all.flatMap(({ [SECRETS]: names }) => (Array.isArray(names) ? names.map(String) : [])));
}

/** Pulumi shows the stderr of this process as warnings. */
function caller(...all: readonly Properties[]): Caller {
  return { warn: (message) => console.error(`warning: ${message}`), secrets: secretsIn(...all) };
}

const provider = new Provider(ready);

/** The methods that Pulumi's dynamic provider calls on one kind of resource (`dynamic.ResourceProvider`). */
interface Handlers {
  configure(request: { config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Properties | undefined, news: Properties): Promise<CheckResult>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffResult>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, state: Properties): Promise<ReadResult>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, state: Properties): Promise<void>;
}

function handlersOf(kind: Kind): Handlers {
  return {
    async configure({ config }) {
      configure((key) => config.get(key));
    },
    async check(olds, news) {
      const { inputs, failures } = provider.check(kind, olds ?? {}, news, secretsIn(news));
      return { inputs: { ...hidden(kind, news), ...inputs, ...told(news) }, failures };
    },
    async diff(_id, olds, news) {
      return provider.diff(kind, olds, news);
    },
    async create(inputs) {
      const { id, outs } = await provider.create(kind, withoutNulls(inputs), caller(inputs));
      return { id, outs: { ...outs, ...told(inputs) } };
    },
    async read(id, state) {
      const read = await provider.read(kind, id, state, caller(state));
      Object.assign(read.inputs ?? {}, told(state));
      return read;
    },
    async update(id, olds, news) {
      try {
        const { outs } = await provider.update(kind, { id, olds }, withoutNulls(news), caller(olds, news));
        return { outs: { ...outs, ...told(news) } };
      } catch (error) {
        const [before, now] = [olds, news].map((each) => secretProperties(kind, secretsIn(each)));
        throw withoutFormerSecrets(error, news, { before: before!, now: now! });
      }
    },
    async delete(_id, state) {
      await provider.delete(kind, state, caller(state));
    },
  };
}

export const TapService = handlersOf("TapService");
export const TapFlow = handlersOf("TapFlow");
export const MirrorTunnel = handlersOf("MirrorTunnel");
export const MonitorPort = handlersOf("MonitorPort");

/** Reads the hosts' counters. They belong to no resource, so they never enter a state. */
export async function statistics(read: ConfigReader, hosts: readonly unknown[]): Promise<TapStatistics> {
  return readStatistics(readSettings(read), { hosts });
}

/** Verifies that the taps of hosts deliver. The result belongs to no resource, so it never enters a state. */
export async function verifyTaps(
  read: ConfigReader,
  args: { hosts: readonly unknown[]; window?: number },
): Promise<TapVerifications> {
  return verifyOver(readSettings(read), args);
}
