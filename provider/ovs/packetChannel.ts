import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import type { Rule } from "../model/desired";
import { encodeRule } from "./encodeRule";
import { addLease, endLease, renewLease } from "./flowMod";
import { EXACT } from "./multipart";
import { type PacketIn, type PacketOut, packetOut, readPacketIn, receivePackets } from "./packetMessages";
import { PacketQueue } from "./packetQueue";
import { readFlow } from "./presentFlow";
import { SwitchClient } from "./switchClient";
import { type Request, TYPE } from "./switchMessages";

/** A frame that a rule has sent to this connection, and when it came here. */
export interface Received extends PacketIn {
  /** Nanoseconds since 1970, by this machine's clock. OpenFlow tells no time. */
  at: bigint;
}

/** Milliseconds for an answer. */
const PATIENCE = 5000;
/** Bytes of frames that may wait to be taken: some seconds' worth of a fast capture. */
const WAITING = 32 * 1024 * 1024;
/** Ids of connections; 0 is every connection's that has none. */
const IDS = { least: 1, most: 0xffff } as const;

/** How a channel is opened. */
export interface ChannelOptions {
  /** The host's name, for errors. */
  host: string;
  /** The bridge's name, for errors. */
  bridge: string;
}

/**
 * A connection of its own to a tap bridge that sends frames (packet-out), receives those which rules send to its id
 * (packet-in), and holds rules that end unless they are renewed. Its rules have leased cookies (`leaseCookie`).
 */
export class PacketChannel {
  /** What the actions of rules name this connection by. */
  readonly controllerId = randomInt(IDS.least, IDS.most + 1);
  private readonly queue = new PacketQueue<Received>(WAITING);
  private readonly client: SwitchClient;
  /** The clock's time at the process's own zero: frames are in order whatever is done to the clock. */
  private readonly epoch = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  private closing = false;

  private constructor(
    stream: Duplex,
    private readonly options: ChannelOptions,
  ) {
    this.client = new SwitchClient(stream, PATIENCE, {
      experimenter: (body) => this.receive(body),
      ended: (error) => this.queue.close(this.closing ? undefined : this.lost(error)),
    });
  }

  /** Takes a stream to the bridge's management socket. Rejects with `packets-lost` where the bridge does not do what is asked. */
  static async open(stream: Duplex, options: ChannelOptions): Promise<PacketChannel> {
    const channel = new PacketChannel(stream, options);
    await channel.receivePackets();
    return channel;
  }

  /** The frames received, each once, to one who asks; ends with `close`, or with `packets-lost`. */
  get packets(): AsyncIterable<Received> {
    return this.queue;
  }

  /** Frames that were received and dropped because nobody took them fast enough. */
  get dropped(): number {
    return this.queue.dropped;
  }

  /** Sends frames. Resolves when the bridge has taken them; rejects with `packets-lost`, as everything here does. */
  send(frames: readonly PacketOut[]): Promise<void> {
    return this.tell(frames.map(packetOut));
  }

  /** Adds rules that end after so many seconds (1 to 65,535). */
  lease(rules: readonly Rule<number>[], seconds: number): Promise<void> {
    return this.modify(rules.map((rule) => addLease(encodeRule(rule), seconds)));
  }

  /** Lets the time of rules begin anew. Those that have ended stay so. */
  renew(rules: readonly Rule<number>[]): Promise<void> {
    return this.modify(rules.map((rule) => renewLease(encodeRule(rule))));
  }

  /** How many leased rules with a cookie the bridge has. */
  async held(cookie: bigint): Promise<number> {
    try {
      const flows = await this.client.flows({ cookie, mask: EXACT });
      return flows.map(readFlow).filter(({ leased }) => leased).length;
    } catch (error) {
      throw this.lost(error as Error);
    }
  }

  /** Deletes rules before their time; those that have ended are no error. */
  end(rules: readonly Rule<number>[]): Promise<void> {
    return this.modify(rules.map((rule) => endLease(encodeRule(rule))));
  }

  /** Ends the connection, and the iteration of frames with an error. */
  fail(error: Error): void {
    this.queue.close(error);
    this.close();
  }

  /** Ends the connection, and the iteration of frames after those that wait. The rules stay until their time is over. */
  close(): void {
    this.closing = true;
    this.client.close();
  }

  private async receivePackets(): Promise<void> {
    try {
      const { flags } = await this.client.config();
      await this.client.tell(receivePackets(this.controllerId, flags));
    } catch (error) {
      throw this.lost(error as Error);
    }
  }

  private modify(mods: readonly Buffer[]): Promise<void> {
    return this.tell(mods.map((body) => ({ type: TYPE.flowMod, body })));
  }

  private async tell(messages: readonly Request[]): Promise<void> {
    try {
      await this.client.tell(messages);
    } catch (error) {
      throw this.lost(error as Error);
    }
  }

  private receive(body: Buffer): void {
    const packet = readPacketIn(body);
    if (packet !== undefined) this.queue.push({ ...packet, at: this.epoch + process.hrtime.bigint() });
  }

  private lost(cause: Error): TaasError {
    const { host, bridge } = this.options;
    return new TaasError(`frames to and from bridge ${bridge} are at an end: ${cause.message}`, {
      code: "packets-lost",
      host,
      hint: "Run again",
      cause,
    });
  }
}
