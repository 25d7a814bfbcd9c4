import type { Duplex } from "node:stream";
import type { Rule } from "../model/desired";
import { encodeRule, type WireFlow, wirePlace } from "./encodeRule";
import { LEASES } from "./leases";
import { within } from "./patience";
import { type PresentFlow, readFlow } from "./presentFlow";
import { flowMods, hasFlows } from "./replaceFlows";
import { type Bundle, OverlapError, SwitchClient, type SwitchReading } from "./switchClient";
import { FRAGMENTS_NX_MATCH, type SwitchConfig } from "./switchConfig";

/** Milliseconds for an answer; afterwards everything is done by commands on the host. */
const PATIENCE = 5000;

/** What a tap bridge had at one moment, and the connection that reported it. */
export interface TapReading extends SwitchReading {
  client: SwitchClient;
}

/**
 * The tap bridge, accessed without any command on its host. If that is impossible, or the bridge refuses a request,
 * answers are undefined.
 */
export class TapSwitch {
  private client: SwitchClient | undefined;
  private connecting: Promise<SwitchClient | undefined> | undefined;

  /** `open` returns a stream to the bridge's management socket, or undefined if there is none. */
  constructor(private readonly open: () => Promise<Duplex | undefined>) {}

  /**
   * What the bridge has, for `replace`. `earlier`: what was read a moment ago. It is read again if it came over a
   * connection that has ended: the rules may have been lost with it, as they are when ovs-vswitchd crashes.
   */
  async read(earlier?: TapReading): Promise<TapReading | undefined> {
    if (earlier?.client.closed === false) return earlier;
    return this.ask(async (client) => ({ client, ...(await client.read()) }));
  }

  /**
   * Makes the bridge's rules exactly these. The first has no fields, and its cookie marks them all. They are written in
   * one bundle, unless another writer has set another mark since `holds` was checked. Counters of unchanged rules are
   * kept. `same`: all rules exist already, and nothing is written. `moved`: another writer wrote, or `holds` returned
   * false, before the write or right after it. A bundle is sent over the connection by which its rules were read, which
   * ends when ovs-vswitchd does.
   */
  async replace(
    rules: readonly Rule<number>[],
    holds: () => Promise<boolean>,
    present?: TapReading,
  ): Promise<"written" | "same" | "moved" | undefined> {
    const reading = await this.read(present);
    if (reading === undefined) return undefined;
    const { client, config } = reading;
    const both = await answered(async () => ({
      wanted: wireFlows(rules),
      there: reading.flows.map(readFlow),
    }));
    if (both === undefined) return undefined;
    const { wanted, there } = both;
    if (isAsWanted(there, wanted, config)) return (await holds()) ? "same" : "moved";
    const preparing = answered(async () => client.prepare(flowMods(there, wanted), corrected(config)));
    const [held, bundle] = await Promise.all([holds(), preparing]);
    if (bundle === undefined) return undefined;
    if (!held) {
      await answered(() => client.discard(bundle));
      return "moved";
    }
    const done = await answered(() => commit(client, bundle));
    return done === "written" && !(await holds()) ? "moved" : done;
  }

  /** Whether the bridge's rules are exactly these, and fragments are handled as they require. */
  has(rules: readonly Rule<number>[]): Promise<boolean | undefined> {
    return this.ask(async (client) => {
      const { flows, config } = await client.read();
      return isAsWanted(flows.map(readFlow), wireFlows(rules), config);
    });
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
    return answered(async () => {
      const client = await this.connect();
      return client === undefined ? undefined : question(client);
    });
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

/**
 * A stream that ends, is late or is not OpenFlow gives no answer. A mistake in this program is thrown: the fallback to
 * commands would hide it.
 */
async function answered<T>(asking: () => Promise<T>): Promise<T | undefined> {
  try {
    return await asking();
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return undefined;
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

/** Rules by their identity. Throws a RangeError if two have the same: ovs-ofctl then reports which. */
function wireFlows(rules: readonly Rule<number>[]): Map<string, WireFlow> {
  const places = new Map(rules.map(encodeRule).map((flow) => [wirePlace(flow), flow]));
  if (places.size !== rules.length) throw new RangeError("two rules have the same identity");
  return places;
}

/** Whether a bridge has the wanted rules and no others, and handles fragments as they require. */
function isAsWanted(
  there: readonly PresentFlow[],
  wanted: ReadonlyMap<string, WireFlow>,
  config: SwitchConfig,
): boolean {
  return corrected(config) === undefined && hasFlows(there, wanted);
}

/** The settings that a bridge must have instead; undefined if they are right. */
function corrected(config: SwitchConfig): SwitchConfig | undefined {
  return config.flags === FRAGMENTS_NX_MATCH ? undefined : { ...config, flags: FRAGMENTS_NX_MATCH };
}
