import type { Duplex } from "node:stream";
import { Allowance } from "../allowance";
import { type BundleStep, bundleAdd, bundleControl } from "./bundle";
import { digestRules } from "./digestRules";
import { isOverlap } from "./flowMod";
import { type CookieMatch, readParts, requestFlows, requestMeters } from "./multipart";
import type { Patience } from "./patience";
import { encodeConfig, readConfig, type SwitchConfig } from "./switchConfig";
import { encodeMessage, type Message, type Request, TYPE, takeMessages } from "./switchMessages";

/** Pending messages, by the xid of each; completed by the answer to the last one, or by any error. */
interface Pending {
  xids: number[];
  /** The parts of the answers so far. */
  parts: Buffer[];
  bytes: number;
  /** How many messages may still arrive. */
  left: number;
  resolve(parts: Buffer[]): void;
  reject(error: Error): void;
  /** When it was asked, by the process's clock, and how many bytes had come by then. */
  askedAt: number;
  heardBefore: number;
  timer: NodeJS.Timeout | undefined;
}

/** Flow-mods that a bridge has received but not yet applied. */
export interface Bundle {
  id: number;
  prepared: readonly Message[];
}

/** A bridge's rules and meters as it reports them, and its settings. */
export interface SwitchReading {
  flows: Buffer[];
  meters: Buffer[];
  config: SwitchConfig;
}

/** Receives messages that a bridge sends because of rules. */
export interface Listener {
  /** Handles the body of an experimenter message. Throws a RangeError if it is invalid. */
  experimenter(body: Buffer): void;
  /** Called with the reason when the stream has ended. */
  ended(error: Error): void;
}

/** The bridge refuses a rule that overlaps an existing one. */
export class OverlapError extends Error {}

/**
 * OpenFlow 1.4 with one bridge over a stream to its management socket: only what is needed to read its rules and
 * settings and to change them. If anything fails here, the host's own ovs-ofctl is used instead, so failures are plain
 * errors that an operator sees only in the trace.
 */
export class SwitchClient {
  private received: Buffer = Buffer.alloc(0);
  private readonly pending = new Map<number, Pending>();
  private nextXid = 1;
  private nextBundle = 1;
  private failure: Error | undefined;
  /** Bytes that arrive unasked: a bridge reports ports that are added and removed. */
  private readonly unasked = new Allowance(1024 * 1024, 64 * 1024);
  private readonly echoes = new Allowance(100, 10);
  /** Bytes that have come so far, and when the last did. */
  private heard = 0;
  private heardAt = 0;

  constructor(
    private readonly stream: Duplex,
    /** How long an answer may take. */
    private readonly patience: Patience,
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

  /**
   * Everything that determines what the bridge does with frames, as a text: its rules, its meters, and how it handles
   * fragments.
   */
  async state(): Promise<string> {
    const { flows, meters, config } = await this.read();
    return `${digestRules(flows, meters)} ${config.flags}`;
  }

  /** The bridge's rules with certain cookies. */
  flows(cookies: CookieMatch): Promise<Buffer[]> {
    return this.request(this.numbered([{ type: TYPE.multipartRequest, body: requestFlows(cookies) }]));
  }

  /** Adds flow-mods to a new bundle, after setting the bridge's configuration if one is given. */
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
      // The bundle stays open, without the refused messages, until its connection ends.
      this.fail(error as Error);
      throw error;
    }
    return { id, prepared };
  }

  /**
   * Applies a bundle's flow-mods, all or none. Resolves when they are in force; rejects with an `OverlapError` if one
   * overlaps that must not.
   */
  async commit({ id, prepared }: Bundle): Promise<void> {
    // A flow-mod that fails only now is reported by the number with which it was added.
    await this.request(this.numbered([control(id, "commit")]), prepared);
  }

  /** Discards a bundle. */
  async discard({ id }: Bundle): Promise<void> {
    await this.request(this.numbered([control(id, "discard")]));
  }

  /**
   * Sends messages that have no answer. Resolves when the bridge has processed them; rejects with the first that it
   * refuses.
   */
  async tell(messages: readonly Request[]): Promise<void> {
    await this.request(this.numbered([...messages, BARRIER]));
  }

  /** Closes the stream; pending work is rejected. Idempotent. */
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
   * Sends messages; resolves with the content of the answer to the last one: flows, meters, or a configuration. Rejects
   * with the first error that any of them, or of those `before`, causes.
   */
  private request(messages: readonly Message[], before: readonly Message[] = []): Promise<Buffer[]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const xids = [...before, ...messages].map(({ xid }) => xid);
    return new Promise((resolve, reject) => {
      const left = xids.length + MAX_PARTS;
      const waiting = { askedAt: performance.now(), heardBefore: this.heard, timer: undefined };
      const pending: Pending = { xids, parts: [], bytes: 0, left, resolve, reject, ...waiting };
      for (const xid of xids) this.pending.set(xid, pending);
      this.waitFor(pending);
      this.stream.write(Buffer.concat(messages.map(encodeMessage)));
    });
  }

  /** Waits for an answer as long as there is patience. */
  private waitFor(pending: Pending): void {
    if (this.pending.get(pending.xids[0]!) !== pending) return;
    const { askedAt, heardBefore } = pending;
    const now = performance.now();
    const silent = now - Math.max(askedAt, this.heardAt);
    const left = this.patience({ asked: now - askedAt, silent, heard: this.heard - heardBefore });
    // After a time in which this process was stopped, its timers come before what it has been sent meanwhile.
    const again = () => setImmediate(() => this.waitFor(pending));
    if (left > 0) pending.timer = setTimeout(again, left);
    else this.fail(new Error("the bridge does not answer"));
  }

  private receive(chunk: Buffer): void {
    if (this.failure !== undefined) return;
    this.heard += chunk.length;
    this.heardAt = performance.now();
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
      throw new RangeError("the bridge sends requests without end, or does not read the answers");
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

/** Takes a part of an answer; true if more parts follow. */
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

/** The most bytes of flows in an answer: 5,000 taps have 2 MB. */
const MAX_BYTES = 32 * 1024 * 1024;
/** The most flows in an answer: 5,000 taps have 20,000. Each costs time and memory of its own. */
const MAX_FLOWS = 65_536;
/**
 * The most messages of an answer: Open vSwitch fills each with flows up to 64 KiB (lib/ofp-msgs.c, `ofpmp_reserve`).
 */
const MAX_PARTS = 1024;
/** Bytes that may be queued for the bridge; a bridge that reads nothing gets no more. */
const MAX_UNSENT = 1024 * 1024;
