import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import type { Rule } from "../model/desired";
import { encodeRule } from "./encodeRule";
import { addLease, endLease, renewLease } from "./flowMod";
import { EXACT } from "./multipart";
import { type PacketIn, type PacketOut, packetOut, readPacketIn, receivePackets } from "./packetMessages";
import { PacketQueue } from "./packetQueue";
import { whileTalking } from "./patience";
import { readFlow } from "./presentFlow";
import { SwitchClient } from "./switchClient";
import { type Request, TYPE } from "./switchMessages";

/** A frame that a rule sent to this connection, and when it arrived. */
export interface Received extends PacketIn {
  /** Nanoseconds since 1970, by this machine's clock: OpenFlow carries no time. */
  at: bigint;
}

/** Milliseconds of silence in which an answer is waited for. */
const PATIENCE = 5000;
/** Bytes of frames that may be queued: a few seconds of a fast capture. */
const WAITING = 32 * 1024 * 1024;
/** Ids of connections. All connections without an id share 0. */
const IDS = { least: 1, most: 0xffff } as const;

/** Leased rules that a bridge has. */
export interface Held {
  rules: number;
  /** Packets that they have counted. Open vSwitch counts late: by half a second in general. */
  packets: number;
}

/** How a channel is opened. */
export interface ChannelOptions {
  /** The host's name, for errors. */
  host: string;
  /** The bridge's name, for errors. */
  bridge: string;
}

/**
 * A separate connection to a tap bridge. It sends frames (packet-out), receives frames that rules send to its id
 * (packet-in), and holds rules that expire unless they are renewed. Its rules have leased cookies (`leaseCookie`).
 */
export class PacketChannel {
  /** The id by which the actions of rules refer to this connection. */
  readonly controllerId = randomInt(IDS.least, IDS.most + 1);
  private readonly queue = new PacketQueue<Received>(WAITING);
  private readonly client: SwitchClient;
  /**
   * The clock's time when the process's own clock was zero, so that frames stay in order whatever happens to the clock.
   */
  private readonly epoch = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  private closing = false;
  /** Frames that have come, also those that were dropped here. */
  received = 0;

  private constructor(
    stream: Duplex,
    private readonly options: ChannelOptions,
  ) {
    this.client = new SwitchClient(stream, whileTalking(PATIENCE), {
      experimenter: (body) => this.receive(body),
      ended: (error) => this.queue.close(this.closing ? undefined : this.lost(error)),
    });
  }

  /**
   * Opens a channel over a stream to the bridge's management socket. Rejects with `packets-lost` if the bridge does not
   * do what is requested.
   */
  static async open(stream: Duplex, options: ChannelOptions): Promise<PacketChannel> {
    const channel = new PacketChannel(stream, options);
    await channel.receivePackets();
    return channel;
  }

  /** The received frames, each once, for one consumer; ends with `close`, or with `packets-lost`. */
  get packets(): AsyncIterable<Received> {
    return this.queue;
  }

  /** Frames that were received and dropped because the consumer was too slow. */
  get dropped(): number {
    return this.queue.dropped;
  }

  /** Sends frames. Resolves when the bridge has accepted them; rejects with `packets-lost`, as all methods do. */
  send(frames: readonly PacketOut[]): Promise<void> {
    return this.tell(frames.map(packetOut));
  }

  /** Adds rules that expire after this many seconds (1 to 65,535). */
  lease(rules: readonly Rule<number>[], seconds: number): Promise<void> {
    return this.modify(rules.map((rule) => addLease(encodeRule(rule), seconds)));
  }

  /** Restarts the time of rules. Expired rules stay deleted. */
  renew(rules: readonly Rule<number>[]): Promise<void> {
    return this.modify(rules.map((rule) => renewLease(encodeRule(rule))));
  }

  /** The number of leased rules with a cookie that the bridge has, and of packets that these have counted. */
  async held(cookie: bigint): Promise<Held> {
    try {
      const flows = (await this.client.flows({ cookie, mask: EXACT })).map(readFlow);
      const leased = flows.filter((flow) => flow.leased);
      return { rules: leased.length, packets: leased.reduce((sum, { packets }) => sum + packets, 0) };
    } catch (error) {
      throw this.lost(error as Error);
    }
  }

  /** Deletes rules before they expire; expired ones are not an error. */
  end(rules: readonly Rule<number>[]): Promise<void> {
    return this.modify(rules.map((rule) => endLease(encodeRule(rule))));
  }

  /** Closes the connection, and ends the iteration of frames with an error. */
  fail(error: Error): void {
    this.queue.close(error);
    this.close();
  }

  /** Closes the connection, and ends the iteration after the queued frames. The rules stay until they expire. */
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
    if (packet === undefined) return;
    this.received += 1;
    this.queue.push({ ...packet, at: this.epoch + process.hrtime.bigint() });
  }

  private lost(cause: Error): TaasError {
    const { host, bridge } = this.options;
    return new TaasError(
      `the connection for frames to and from bridge ${bridge} has ended: ${cause.message}`,
      {
        code: "packets-lost",
        host,
        hint: "Run again",
        cause,
      },
    );
  }
}
