import type { Duplex } from "node:stream";
import { Allowance } from "../allowance";
import { type BundleStep, bundleAdd, bundleControl } from "./bundle";
import { digestRules } from "./digestRules";
import { isOverlap } from "./flowMod";
import { type CookieMatch, readParts, requestFlows, requestMeters } from "./multipart";
import { encodeConfig, readConfig, type SwitchConfig } from "./switchConfig";
import { encodeMessage, type Message, type Request, TYPE, takeMessages } from "./switchMessages";

/** Messages under way: known by the xid of each, ended by the answer to the last or by any error. */
interface Pending {
  xids: number[];
  /** What the answers brought so far. */
  parts: Buffer[];
  bytes: number;
  /** How many messages may still come. */
  left: number;
  resolve(parts: Buffer[]): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** Flow-mods that a bridge has been told of and has not done yet. */
export interface Bundle {
  id: number;
  prepared: readonly Message[];
}

/** A bridge's rules and meters, as it tells of them, and its settings. */
export interface SwitchReading {
  flows: Buffer[];
  meters: Buffer[];
  config: SwitchConfig;
}

/** Who is told of what a bridge sends on behalf of rules. */
export interface Listener {
  /** The body of an experimenter's message. Throws a RangeError for what is none. */
  experimenter(body: Buffer): void;
  /** The stream has ended, for a reason. */
  ended(error: Error): void;
}

/** The bridge refuses a rule that overlaps with one which is there. */
export class OverlapError extends Error {}

/**
 * OpenFlow 1.4 spoken to one bridge over a stream to its management socket: no more of it than is needed to read its
 * rules and settings, and to change them. Whatever fails here is done by the host's own ovs-ofctl instead, so failures are
 * plain errors that no operator sees.
 */
export class SwitchClient {
  private received: Buffer = Buffer.alloc(0);
  private readonly pending = new Map<number, Pending>();
  private nextXid = 1;
  private nextBundle = 1;
  private failure: Error | undefined;
  /** Bytes of what nobody asked for: a bridge tells of ports that come and go. */
  private readonly unasked = new Allowance(1024 * 1024, 64 * 1024);
  private readonly echoes = new Allowance(100, 10);

  constructor(
    private readonly stream: Duplex,
    /** Milliseconds an answer may take. */
    private readonly timeoutMs: number,
    private readonly listener?: Listener,
  ) {
    stream.on("data", (chunk: Buffer) => this.receive(chunk));
    stream.on("error", (cause: Error) => this.ended(`failed: ${cause.message}`));
    stream.on("end", () => this.ended("was ended by the host"));
    stream.on("close", () => this.ended("was closed"));
    stream.write(encodeMessage({ type: TYPE.hello, xid: 0, body: EMPTY }));
  }

  /** Whether the stream has ended. */
  get closed(): boolean {
    return this.failure !== undefined;
  }

  /** All rules and meters of the bridge, and its settings. */
  async read(): Promise<SwitchReading> {
    const [flows, meters, config] = await Promise.all(
      [FLOWS, METERS, CONFIG].map((question) => this.request(this.numbered([question]))),
    );
    return { flows: flows!, meters: meters!, config: readConfig(config![0]!) };
  }

  /** The bridge's settings. */
  async config(): Promise<SwitchConfig> {
    const [config] = await this.request(this.numbered([CONFIG]));
    return readConfig(config!);
  }

  /** All that the bridge does with frames, as a text that changes with it: its rules, its meters, and how it handles fragments. */
  async state(): Promise<string> {
    const { flows, meters, config } = await this.read();
    return `${digestRules(flows, meters)} ${config.flags}`;
  }

  /** The bridge's rules with certain cookies. */
  flows(cookies: CookieMatch): Promise<Buffer[]> {
    return this.request(this.numbered([{ type: TYPE.multipartRequest, body: requestFlows(cookies) }]));
  }

  /** Puts flow-mods into a bundle, after setting the bridge's configuration where one is given. */
  async prepare(mods: readonly Buffer[], config?: SwitchConfig): Promise<Bundle> {
    const id = this.nextBundle++;
    const settings = config === undefined ? [] : [{ type: TYPE.setConfig, body: encodeConfig(config) }];
    const adds = mods.map((mod) => ({
      type: TYPE.bundleAdd,
      body: (xid: number) => bundleAdd(id, mod, xid),
    }));
    const prepared = this.numbered([...settings, control(id, "open"), ...adds, BARRIER]);
    try {
      await this.request(prepared);
    } catch (error) {
      // The bundle stays open, without the messages that were refused, until its connection ends.
      this.fail(error as Error);
      throw error;
    }
    return { id, prepared };
  }

  /**
   * Does a bundle's flow-mods, all or none. Resolves when they are in force; rejects with an `OverlapError` where one must
   * not overlap and does.
   */
  async commit({ id, prepared }: Bundle): Promise<void> {
    // What fails only now is told of by the number that it was put in with.
    await this.request(this.numbered([control(id, "commit")]), prepared);
  }

  /** Forgets a bundle. */
  async discard({ id }: Bundle): Promise<void> {
    await this.request(this.numbered([control(id, "discard")]));
  }

  /** Sends messages that have no answer. Resolves when the bridge has done what they say; rejects with the first that it refuses. */
  async tell(messages: readonly Request[]): Promise<void> {
    await this.request(this.numbered([...messages, BARRIER]));
  }

  /** Ends the stream; what is under way is rejected. Idempotent. */
  close(): void {
    this.ended("was closed");
  }

  private numbered(messages: readonly Request[]): Message[] {
    return messages.map(({ type, body }) => {
      const xid = this.nextXid++;
      return { type, xid, body: typeof body === "function" ? body(xid) : body };
    });
  }

  /**
   * Sends messages; resolves with what the answer to the last brings: flows, meters, or a configuration. Rejects with the first error
   * that any of them meets, or of those `before`.
   */
  private request(messages: readonly Message[], before: readonly Message[] = []): Promise<Buffer[]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const xids = [...before, ...messages].map(({ xid }) => xid);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(new Error("the bridge does not answer")), this.timeoutMs);
      const left = xids.length + MAX_PARTS;
      const pending = { xids, parts: [], bytes: 0, left, resolve, reject, timer };
      for (const xid of xids) this.pending.set(xid, pending);
      this.stream.write(Buffer.concat(messages.map(encodeMessage)));
    });
  }

  private receive(chunk: Buffer): void {
    if (this.failure !== undefined) return;
    try {
      const { messages, rest } = takeMessages(Buffer.concat([this.received, chunk]));
      this.received = rest;
      for (const message of messages) this.dispatch(message);
    } catch (cause) {
      this.fail(cause as Error);
    }
  }

  private dispatch({ type, xid, body }: Message): void {
    if (type === TYPE.experimenter && this.listener !== undefined) {
      this.listener.experimenter(body);
      return;
    }
    const pending = this.pending.get(xid);
    if (pending === undefined) {
      if (!this.unasked.take(body.length + 8)) throw new RangeError("the bridge sends without end");
      if (type === TYPE.echoRequest) this.echo(xid, body);
      return;
    }
    if (--pending.left < 0) throw new RangeError(`more than ${MAX_PARTS} messages in answer to one`);
    if (type === TYPE.error) this.settle(xid)?.reject(refusal(body));
    if (type === TYPE.multipartReply) {
      if (takeParts(pending, body)) return;
    } else if (type === TYPE.getConfigReply) pending.parts.push(body);
    else if (type !== TYPE.bundleControl && type !== TYPE.barrierReply) return;
    if (xid === pending.xids.at(-1)) this.settle(xid)?.resolve(pending.parts);
  }

  private echo(xid: number, body: Buffer): void {
    if (!this.echoes.take(1) || this.stream.writableLength > MAX_UNSENT)
      throw new RangeError("the bridge asks without end, or does not take the answers");
    this.stream.write(encodeMessage({ type: TYPE.echoReply, xid, body }));
  }

  private settle(xid: number): Pending | undefined {
    const pending = this.pending.get(xid);
    if (pending === undefined) return undefined;
    clearTimeout(pending.timer);
    for (const one of pending.xids) this.pending.delete(one);
    return pending;
  }

  private ended(how: string): void {
    this.fail(new Error(`the connection to the bridge ${how}`));
  }

  private fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    for (const xid of [...this.pending.keys()]) this.settle(xid)?.reject(error);
    this.received = EMPTY;
    this.stream.destroy();
    this.listener?.ended(error);
  }
}

function control(bundle: number, step: BundleStep): Request {
  return { type: TYPE.bundleControl, body: bundleControl(bundle, step) };
}

/** Takes a part of an answer; true when more parts follow. */
function takeParts(pending: Pending, body: Buffer): boolean {
  const { parts, more } = readParts(body);
  for (const part of parts) pending.parts.push(part);
  pending.bytes += body.length;
  if (pending.bytes > MAX_BYTES) throw new RangeError(`flows of more than ${MAX_BYTES} bytes`);
  if (pending.parts.length > MAX_FLOWS) throw new RangeError(`more than ${MAX_FLOWS} flows`);
  return more;
}

function refusal(body: Buffer): Error {
  const text = `the bridge refuses: error ${body.subarray(0, 4).toString("hex")}`;
  return isOverlap(body) ? new OverlapError(text) : new Error(text);
}

const EMPTY = Buffer.alloc(0);
const FLOWS: Request = { type: TYPE.multipartRequest, body: requestFlows() };
const METERS: Request = { type: TYPE.multipartRequest, body: requestMeters() };
const BARRIER: Request = { type: TYPE.barrierRequest, body: EMPTY };
const CONFIG: Request = { type: TYPE.getConfigRequest, body: EMPTY };

/** Bytes of flows that are taken for an answer: 5,000 taps have 2 MB. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Flows that are taken for an answer: 5,000 taps have 20,000. Each costs time and memory of its own. */
const MAX_FLOWS = 65_536;
/** Messages that an answer may have: Open vSwitch fills each with flows up to 64 KiB (lib/ofp-msgs.c, `ofpmp_reserve`). */
const MAX_PARTS = 1024;
/** Bytes that may wait to be taken by the bridge; one that reads nothing gets no more. */
const MAX_UNSENT = 1024 * 1024;
