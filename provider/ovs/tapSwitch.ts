import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import type { Rule } from "../model/desired";
import { encodeRule, type WireFlow } from "./encodeRule";
import { LEASES } from "./leases";
import { within } from "./patience";
import { type PresentFlow, readFlow } from "./presentFlow";
import { flowMods, hasFlows, type Placed, placed } from "./replaceFlows";
import { type Bundle, OverlapError, SwitchClient, type SwitchReading } from "./switchClient";
import { FRAGMENTS_NX_MATCH, type SwitchConfig } from "./switchConfig";

/** Milliseconds for an answer; afterwards everything is done by commands on the host. */
const PATIENCE = 5000;

/** Why there is no stream. */
const REFUSED = "the login user may not use the bridge's management socket, or sudo is always used";

/** What a tap bridge had at one moment, and the connection that reported it. */
export interface TapReading extends Pick<SwitchReading, "meters" | "config"> {
  client: SwitchClient;
  flows: Placed<PresentFlow>;
  /** When it was read, by `performance.now()`. */
  at: number;
}

/** The rules that a bridge should have, which may depend on what it has. */
type Rules = readonly Rule<number>[] | ((reading: TapReading) => Promise<readonly Rule<number>[]>);

/**
 * The tap bridge, accessed without any command on its host. If that is impossible, or the bridge refuses a request,
 * answers are undefined, and commands have to be run instead.
 */
export class TapSwitch {
  private client: SwitchClient | undefined;
  private connecting: Promise<SwitchClient | undefined> | undefined;

  /** Why answers were undefined so far. */
  private readonly reasons = new Set<string>();

  /**
   * `open` returns a stream to the bridge's management socket, or undefined if the login user may not use it. `tell` is
   * called with each reason for commands, once.
   */
  constructor(
    private readonly open: () => Promise<Duplex | undefined>,
    private readonly tell: (why: string) => void = () => {},
  ) {}

  /**
   * What the bridge has, for `replace`. `earlier`: what was read a moment ago. It is read again if it came over a
   * connection that has ended: the rules may have been lost with it, as they are when ovs-vswitchd crashes.
   */
  async read(earlier?: TapReading): Promise<TapReading | undefined> {
    if (earlier?.client.closed === false) return earlier;
    return this.ask(async (client) => {
      const { flows, ...others } = await client.read();
      return { client, at: performance.now(), flows: placed(flows.map(readFlow)), ...others };
    });
  }

  /**
   * Makes the bridge's rules exactly these. The first has no fields, and its cookie marks them all. They are written in
   * one bundle, unless another writer has set another mark since `holds` was checked. Counters of unchanged rules are
   * kept. `same`: all rules exist already, and nothing is written. `moved`: another writer wrote, or `holds` returned
   * false, before the write or right after it. A bundle is sent over the connection by which its rules were read, which
   * ends when ovs-vswitchd does.
   */
  async replace(
    rules: Rules,
    holds: () => Promise<boolean>,
    present?: TapReading,
  ): Promise<"written" | "same" | "moved" | undefined> {
    const reading = await this.read(present);
    if (reading === undefined) return undefined;
    const { client, flows, config } = reading;
    const wanted = await this.wanted(rules, reading);
    if (wanted === undefined) return undefined;
    if (isAsWanted(reading, wanted)) return (await holds()) ? "same" : "moved";
    const mods = flowMods(flows, wanted);
    const preparing = this.answered(() => client.prepare(mods, corrected(config)));
    const [held, bundle] = await Promise.all([holds(), preparing]);
    if (bundle === undefined) return undefined;
    if (!held) {
      await this.answered(() => client.discard(bundle));
      return "moved";
    }
    const done = await this.answered(() => commit(client, bundle));
    return done === "written" && !(await holds()) ? "moved" : done;
  }

  /** Whether the bridge's rules are exactly these, and fragments are handled as they require. */
  async has(rules: Rules): Promise<boolean | undefined> {
    const reading = await this.read();
    const wanted = reading && (await this.wanted(rules, reading));
    return wanted && isAsWanted(reading, wanted);
  }

  /** Everything that determines what the bridge does with frames, as a text. */
  state(): Promise<string | undefined> {
    return this.ask((client) => client.state());
  }

  /** The cookies of the leased rules on the bridge. */
  leases(): Promise<ReadonlySet<bigint> | undefined> {
    return this.ask(async (client) => {
      const flows = (await client.flows(LEASES)).map(readFlow);
      return new Set(flows.filter(({ leased }) => leased).map(({ cookie }) => cookie));
    });
  }

  private ask<T>(question: (client: SwitchClient) => Promise<T>): Promise<T | undefined> {
    return this.answered(async () => {
      const client = await this.connect();
      return client === undefined ? this.withoutAnswer(REFUSED) : question(client);
    });
  }

  /**
   * Asks the bridge. A stream that ends, is late or is not OpenFlow gives no answer. A mistake in this program is
   * thrown: the fallback to commands would hide it. Rules are therefore encoded outside of this.
   */
  private async answered<T>(asking: () => Promise<T>): Promise<T | undefined> {
    try {
      return await asking();
    } catch (error) {
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      return this.withoutAnswer(error instanceof TaasError ? error.code : (error as Error).message);
    }
  }

  /** The rules to be written; undefined if two have the same identity: `pushFlows` then refuses them and says which. */
  private async wanted(given: Rules, reading: TapReading): Promise<Placed<WireFlow> | undefined> {
    const rules = typeof given === "function" ? await given(reading) : given;
    const wanted = placed(rules.map(encodeRule));
    return wanted.size === rules.length ? wanted : this.withoutAnswer("two rules have the same identity");
  }

  /** No answer, and the reason is told unless it has been. */
  private withoutAnswer(why: string): undefined {
    if (this.reasons.has(why)) return;
    this.reasons.add(why);
    this.tell(why);
  }

  /** The client, shared by all callers while it is connecting. */
  private connect(): Promise<SwitchClient | undefined> {
    if (this.client?.closed === false) return Promise.resolve(this.client);
    this.connecting ??= this.open()
      .then((stream) => {
        this.client = stream === undefined ? undefined : new SwitchClient(stream, within(PATIENCE));
        return this.client;
      })
      .finally(() => {
        this.connecting = undefined;
      });
    return this.connecting;
  }
}

/** Commits a bundle, unless the rules' mark is not the one that was read. */
async function commit(client: SwitchClient, bundle: Bundle): Promise<"written" | "moved"> {
  try {
    await client.commit(bundle);
    return "written";
  } catch (error) {
    if (error instanceof OverlapError) return "moved";
    throw error;
  }
}

/** Whether a bridge has the wanted rules and no others, and handles fragments as they require. */
function isAsWanted({ flows, config }: TapReading, wanted: Placed<WireFlow>): boolean {
  return corrected(config) === undefined && hasFlows(flows, wanted);
}

/** The settings that a bridge must have instead; undefined if they are right. */
function corrected(config: SwitchConfig): SwitchConfig | undefined {
  return config.flags === FRAGMENTS_NX_MATCH ? undefined : { ...config, flags: FRAGMENTS_NX_MATCH };
}
