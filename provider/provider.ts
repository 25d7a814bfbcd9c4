import { allOf } from "./allOf";
import { type Ending, unlessEnded } from "./converge/ending";
import { TaasError } from "./errors";
import type { Kind } from "./face/computed";
import { type Context, namesOf } from "./resource/context";
import { flowChecks } from "./resource/flowChecks";
import { monitorPortChecks } from "./resource/monitorPortChecks";
import type { CheckResult, Checks, DiffResult, Properties, ReadResult, Resource } from "./resource/resource";
import { serviceChecks } from "./resource/serviceChecks";
import { halfDone } from "./resource/status";
import { tunnelChecks } from "./resource/tunnelChecks";
import { type Conceal, concealed, concealing, type SecretNames, shownFailure } from "./secrets";
import type { Settings } from "./settings";
import type { TapStatistics } from "./statistics/statistics";
import type { TapVerifications } from "./verify/verification";

const CHECKS: Readonly<Record<Kind, Checks>> = {
  TapService: serviceChecks,
  TapFlow: flowChecks,
  MirrorTunnel: tunnelChecks,
  MonitorPort: monitorPortChecks,
};

/** Who asks for an operation. */
export interface Asker {
  /** Told of what is no error, but for the operator to know. */
  warn(message: string): void;
  /** Aborted when the operation is to end, with the reason. */
  ending?: Ending;
  /** The properties whose values are to be in no error and no warning. */
  secrets: SecretNames;
}

/** What operations take is loaded with the first of them: previews, which ask no host, start sooner without. */
const load = () => import("./operations.js");

/** JSON has no undefined, and neither has what Pulumi takes. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** All kinds of resources, with one configuration and the connections that they share: what each face of the provider stands on. */
export class Provider {
  private opened: { readonly settings: Settings; readonly context: Context } | undefined;
  /** The incarnations that the state has, by owner: a replacement is told its new arguments only, but compared with it before. */
  private readonly incarnations = new Map<unknown, unknown>();

  /** `settings` throws where the configuration is wrong. A process that a debugger has started is configured for each run anew. */
  constructor(private readonly settings: () => Settings) {}

  check(kind: Kind, olds: Properties, news: Properties, secrets: SecretNames): CheckResult {
    const { inputs, failures } = this.checked(kind, olds, news, secrets);
    // Values are quoted as they were given, or in their canonical form.
    const conceal = concealing(failures.length > 0 ? secrets : new Set(), news, inputs);
    return { inputs, failures: failures.map((failure) => shownFailure(failure, secrets, conceal)) };
  }

  private checked(kind: Kind, olds: Properties, news: Properties, secrets: SecretNames): CheckResult {
    try {
      return clean(CHECKS[kind].check(namesOf(this.settings().inventory), olds, news));
    } catch (error) {
      if (!(error instanceof TaasError) || error.code !== "invalid-host")
        throw concealed(error, concealing(secrets, news));
      const property = kind === "MirrorTunnel" ? "hosts" : "host";
      return { inputs: clean(news), failures: [{ property, reason: error.message }] };
    }
  }

  diff(kind: Kind, olds: Properties, news: Properties): DiffResult {
    this.incarnations.set(olds.owner, olds.incarnation);
    return CHECKS[kind].diff(olds, news);
  }

  /** Rejects with a `PartialFailure` besides the error's own fields where something was left behind. */
  async create(kind: Kind, inputs: Properties, asker: Asker): Promise<{ id: string; outs: Properties }> {
    const replaced = this.incarnations.get(inputs.owner) as string | undefined;
    const half = { id: String(inputs.owner), recorded: inputs };
    return this.operate(kind, asker, [inputs], ({ create }, context) =>
      create(context, inputs, replaced).catch(withState(half)),
    );
  }

  async read(kind: Kind, id: string, state: Properties, asker: Asker): Promise<ReadResult> {
    return this.operate(kind, asker, [state], ({ read }, context) =>
      unlessEnded(asker.ending, read(context, id, state)),
    );
  }

  /** Rejects as a create does. */
  async update(
    kind: Kind,
    { id, olds }: { id: string; olds: Properties },
    news: Properties,
    asker: Asker,
  ): Promise<{ outs: Properties }> {
    const half = { id, recorded: olds };
    return this.operate(kind, asker, [olds, news], ({ update }, context) =>
      update(context, olds, news).catch(withState(half)),
    );
  }

  async delete(kind: Kind, state: Properties, asker: Asker): Promise<void> {
    await this.operate(kind, asker, [state], async (resource, context) => {
      await resource.delete(context, state);
      return null;
    });
  }

  /** What hosts count, read over the provider's own connections. */
  async statistics(hosts: readonly unknown[], asker: Asker): Promise<TapStatistics> {
    return this.concealed(asker, [{ hosts }], (context) =>
      unlessEnded(asker.ending, statisticsOf(context, hosts)),
    );
  }

  /** Whether the taps of hosts deliver, found out over the provider's own connections. */
  async verifyTaps(wanted: VerifyRequest, asker: Asker): Promise<TapVerifications> {
    return this.concealed(asker, [{ hosts: wanted.hosts }], (context) =>
      unlessEnded(asker.ending, verificationOf(context, wanted)),
    );
  }

  /** Closes all connections; what comes later makes new ones. */
  async close(): Promise<void> {
    await this.opened?.context.close();
  }

  /** How operations reach hosts, for what is no operation of a resource. */
  async contextFor({ warn, ending }: Pick<Asker, "warn" | "ending">): Promise<Context> {
    const { askedBy, createContext } = await load();
    const settings = this.settings();
    if (this.opened?.settings !== settings) this.opened = { settings, context: createContext(settings) };
    return askedBy(this.opened.context, warn, ending);
  }

  private async operate<T>(
    kind: Kind,
    asker: Asker,
    properties: readonly Properties[],
    work: (resource: Resource, context: Context) => Promise<T>,
  ): Promise<T> {
    const { [kind]: resource } = await load();
    return clean(await this.concealed(asker, properties, (context) => work(resource, context)));
  }

  /** Does a piece of work that tells nobody what secret properties hold. */
  private async concealed<T>(
    { secrets, warn, ending }: Asker,
    properties: readonly Properties[],
    work: (context: Context) => Promise<T>,
  ): Promise<T> {
    const conceal: Conceal = concealing(secrets, ...properties);
    try {
      const reach = { warn: (message: string) => warn(conceal(message)), ...(ending && { ending }) };
      return await work(await this.contextFor(reach));
    } catch (error) {
      throw concealed(error, conceal);
    }
  }
}

/** What hosts count, read over connections that are closed at the end. Counters are part of no resource, so never in a state. */
export async function readStatistics(settings: Settings, hosts: readonly unknown[]): Promise<TapStatistics> {
  const { withContext } = await load();
  return withContext(settings, (context) => statisticsOf(context, hosts));
}

/** What taps are verified on, and for how many seconds frames are counted. */
export interface VerifyRequest {
  hosts: readonly unknown[];
  window?: number | undefined;
}

/** Whether the taps of hosts deliver, found out over connections that are closed at the end. */
export async function verifyOver(settings: Settings, wanted: VerifyRequest): Promise<TapVerifications> {
  const { withContext } = await load();
  return withContext(settings, (context) => verificationOf(context, wanted));
}

async function verificationOf(context: Context, { hosts, window }: VerifyRequest): Promise<TapVerifications> {
  const { verifyTaps } = await load();
  const records = hosts.map((host) => context.resolveHost(host));
  return clean(await verifyTaps(context, records, window === undefined ? {} : { window }));
}

async function statisticsOf(context: Context, hosts: readonly unknown[]): Promise<TapStatistics> {
  const records = hosts.map((host) => context.resolveHost(host));
  const counted = await allOf(records.map((record) => context.open(record).statistics()));
  return clean({
    hosts: Object.fromEntries(records.map((record, index) => [record.name, counted[index]!])),
  });
}

/** What exists of a half-made resource goes into the state, so that the next run finishes it. */
function withState({ id, recorded }: { id: string; recorded: Properties }): (error: unknown) => never {
  return (error) => {
    const partial = halfDone(error, id, recorded);
    throw partial === undefined ? error : Object.assign(error as Error, partial);
  };
}
