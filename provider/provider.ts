import { allOf } from "./allOf";
import { type Ending, unlessEnded } from "./converge/ending";
import { TaasError } from "./errors";
import type { Kind } from "./face/computed";
import { functionArguments } from "./functionArguments";
import { type Context, namesOf, type RunNames } from "./resource/context";
import { flowChecks } from "./resource/flowChecks";
import { monitorPortChecks } from "./resource/monitorPortChecks";
import type { CheckResult, Checks, DiffResult, Properties, ReadResult, Resource } from "./resource/resource";
import { serviceChecks } from "./resource/serviceChecks";
import { halfDone } from "./resource/status";
import { tunnelChecks } from "./resource/tunnelChecks";
import type { Claim } from "./schema/claim";
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

/** The caller of an operation. */
export interface Caller {
  /** Receives a message for the operator that is not an error. */
  warn(message: string): void;
  /** Aborted, with the reason, when the operation has to end. */
  ending?: Ending;
  /** The properties whose values may appear in no error and no warning. */
  secrets: SecretNames;
}

/** What a run names and has checked. A new configuration is that of another run, whose program may reach hosts otherwise. */
interface Run {
  readonly settings: Settings;
  /** The hosts that arguments of resources and functions name. */
  readonly names: RunNames;
  /**
   * The owners that were checked with their old arguments, so that the state has them. A replacement is checked once more,
   * without those.
   */
  readonly known: Set<unknown>;
}

/** Loads the operations when the first one is called. Previews contact no host, and start sooner without them. */
const load = () => import("./operations.js");

/** JSON has no undefined, and Pulumi accepts none. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/**
 * All kinds of resources, with one configuration and shared connections. Every interface of the provider is built on
 * it.
 */
export class Provider {
  private opened: { readonly settings: Settings; readonly context: Context } | undefined;
  private current: Run | undefined;
  /**
   * The incarnations in the state, by the owner that the new arguments give them. A replacement gets only its new
   * arguments, but `diff` compared them with the state before. It did not if the engine was told to replace the resource
   * (`--replace`, `state taint`, `replaceWith`).
   */
  private readonly incarnations = new Map<unknown, unknown>();
  /**
   * The incarnations that were deleted with another resource and not written again since. The engine may not know that
   * they are gone, because the other one was replaced.
   */
  private readonly dropped = new Set<unknown>();

  /**
   * `settings` throws if the configuration is wrong. A process that a debugger started is configured again for each
   * run.
   */
  constructor(private readonly settings: () => Settings) {}

  check(kind: Kind, olds: Properties, news: Properties, secrets: SecretNames): CheckResult {
    const { inputs, failures } = this.checked(kind, olds, news, secrets);
    // Values are quoted as the program gave them, or in their canonical form.
    const conceal = concealing(failures.length > 0 ? secrets : new Set(), news, inputs);
    return { inputs, failures: failures.map((failure) => shownFailure(failure, secrets, conceal)) };
  }

  private checked(kind: Kind, olds: Properties, news: Properties, secrets: SecretNames): CheckResult {
    const { owner } = news;
    try {
      const { names, known } = this.run();
      if (Object.keys(olds).length > 0) known.add(owner);
      // Checks take a resource without old arguments for a new one.
      const before = known.has(owner) ? { owner, ...olds } : olds;
      return clean(CHECKS[kind].check(names, before, news));
    } catch (error) {
      if (!(error instanceof TaasError) || error.code !== "invalid-host")
        throw concealed(error, concealing(secrets, news));
      const property = news.hosts ? "hosts" : "host";
      return { inputs: clean(news), failures: [{ property, reason: error.message }] };
    }
  }

  diff(kind: Kind, olds: Properties, news: Properties): DiffResult {
    this.run().names.recall(olds);
    this.incarnations.set(news.owner, olds.incarnation);
    const result = CHECKS[kind].diff(olds, news);
    return { ...result, changes: result.changes || this.dropped.has(olds.incarnation) };
  }

  /** Rejects with the operation's own error; if something remains on a host, the error is also a `PartialFailure`. */
  async create(kind: Kind, inputs: Properties, caller: Caller): Promise<{ id: string; outs: Properties }> {
    const replaced = this.incarnations.get(inputs.owner) as string | undefined;
    const half = { id: String(inputs.owner), recorded: inputs };
    return this.operate(kind, caller, [inputs], ({ create }, context) =>
      create({ ...context, isReplacing: this.run().known.has(inputs.owner) }, inputs, replaced).catch(
        withState(half),
      ),
    );
  }

  async read(kind: Kind, id: string, state: Properties, caller: Caller): Promise<ReadResult> {
    return this.operate(kind, caller, [state], ({ read }, context) =>
      unlessEnded(caller.ending, read(context, id, state)),
    );
  }

  /** Rejects as `create` does. */
  async update(
    kind: Kind,
    { id, olds }: { id: string; olds: Properties },
    news: Properties,
    caller: Caller,
  ): Promise<{ outs: Properties }> {
    const half = { id, recorded: olds };
    const done = await this.operate(kind, caller, [olds, news], ({ update }, context) =>
      update(context, olds, news).catch(withState(half)),
    );
    this.dropped.delete(olds.incarnation);
    return done;
  }

  async delete(kind: Kind, state: Properties, caller: Caller): Promise<void> {
    await this.operate(kind, caller, [state], async (resource, context) => {
      const dropped = ({ token }: Pick<Claim, "token">) => void this.dropped.add(token);
      await resource.delete({ ...context, dropped }, state);
      return null;
    });
  }

  /** Reads the hosts' counters over the provider's own connections. `args`: as the program gives them. */
  async statistics(args: Properties, caller: Caller): Promise<TapStatistics> {
    return this.concealed(caller, [args], (context) =>
      unlessEnded(caller.ending, statisticsOf(context, args)),
    );
  }

  /** Verifies over the provider's own connections that the taps of hosts deliver. `args`: as the program gives them. */
  async verifyTaps(args: Properties, caller: Caller): Promise<TapVerifications> {
    return this.concealed(caller, [args], (context) =>
      unlessEnded(caller.ending, verificationOf(context, args)),
    );
  }

  /** Closes all connections. A later operation opens new ones. */
  async close(): Promise<void> {
    await this.opened?.context.close();
  }

  /** How work that is not an operation of a resource reaches hosts. */
  async contextFor({ warn, ending }: Pick<Caller, "warn" | "ending">): Promise<Context> {
    const { contextForCaller, createContext } = await load();
    const settings = this.settings();
    if (this.opened?.settings !== settings) this.opened = { settings, context: createContext(settings) };
    return { ...contextForCaller(this.opened.context, warn, ending), ...this.run().names };
  }

  private run(): Run {
    const settings = this.settings();
    if (this.current?.settings !== settings)
      this.current = { settings, names: namesOf(settings.inventory), known: new Set() };
    return this.current;
  }

  private async operate<T>(
    kind: Kind,
    caller: Caller,
    properties: readonly Properties[],
    work: (resource: Resource, context: Context) => Promise<T>,
  ): Promise<T> {
    const { [kind]: resource } = await load();
    return clean(await this.concealed(caller, properties, (context) => work(resource, context)));
  }

  /** Runs work whose errors and warnings never show the values of secret properties. */
  private async concealed<T>(
    { secrets, warn, ending }: Caller,
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

/**
 * Reads the hosts' counters over connections that are closed at the end. Counters belong to no resource, so they never
 * enter a state. `args`: as the program gives them.
 */
export async function readStatistics(settings: Settings, args: object): Promise<TapStatistics> {
  const { withContext } = await load();
  return withContext(settings, (context) => statisticsOf(context, args));
}

/**
 * Verifies that the taps of hosts deliver, over connections that are closed at the end. `args`: as the program gives
 * them.
 */
export async function verifyOver(settings: Settings, args: object): Promise<TapVerifications> {
  const { withContext } = await load();
  return withContext(settings, (context) => verificationOf(context, args));
}

async function verificationOf(context: Context, args: object): Promise<TapVerifications> {
  const { hosts, window } = functionArguments("verifyTaps", args);
  const { verifyTaps } = await load();
  const records = hosts.map((host) => context.resolveHost(host));
  return clean(await verifyTaps(context, records, { window }));
}

async function statisticsOf(context: Context, args: object): Promise<TapStatistics> {
  const { hosts } = functionArguments("getTapStatistics", args);
  const records = hosts.map((host) => context.resolveHost(host));
  const counted = await allOf(records.map((record) => context.open(record).statistics()));
  return clean({
    hosts: Object.fromEntries(records.map((record, index) => [record.name, counted[index]!])),
  });
}

/** Records what exists of a partly created resource in the state, so that the next run completes it. */
function withState({ id, recorded }: { id: string; recorded: Properties }): (error: unknown) => never {
  return (error) => {
    const partial = halfDone(error, id, recorded);
    throw partial === undefined ? error : Object.assign(error as Error, partial);
  };
}
