import type { Duplex } from "node:stream";
import {
  addDrop,
  digestFlows,
  encodeMessage,
  type Message,
  readFlows,
  readFragmentHandling,
  requestFlows,
  TYPE,
  takeMessages,
} from "./switchMessages";

/** A request under way: known by the xid of each of its messages, answered to the last. */
interface Pending {
  xids: number[];
  flows: Buffer[];
  resolve(flows: Buffer[]): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * OpenFlow 1.4 spoken to one bridge over a stream to its management socket: no more of it than is needed to see that
 * its rules are unchanged, and to mark them. Rules themselves are written by the host's own ovs-ofctl.
 * Whatever fails here is done by ovs-ofctl instead, so failures are plain errors that no operator sees.
 */
export class SwitchClient {
  private received: Buffer = Buffer.alloc(0);
  private readonly pending = new Map<number, Pending>();
  private nextXid = 1;
  private failure: Error | undefined;

  constructor(
    private readonly stream: Duplex,
    /** Milliseconds an answer may take. */
    private readonly timeoutMs: number,
  ) {
    stream.on("data", (chunk: Buffer) => this.receive(chunk));
    stream.on("error", (cause: Error) => this.ended(`failed: ${cause.message}`));
    stream.on("end", () => this.ended("was ended by the host"));
    stream.on("close", () => this.ended("was closed"));
    this.send({ type: TYPE.hello, xid: 0, body: EMPTY });
  }

  /** Whether the stream has ended. */
  get closed(): boolean {
    return this.failure !== undefined;
  }

  /** What the bridge's rules do, as a text that two equal sets of rules share; see `digestFlows`. */
  async digest(): Promise<string> {
    return digestFlows(await this.request([FLOWS]), "rules");
  }

  /** All that the bridge does with frames: its rules, the mark on them, and how it handles fragments. */
  async state(): Promise<string> {
    const [flows, config] = [
      this.request([FLOWS]),
      this.request([{ type: TYPE.getConfigRequest, body: EMPTY }]),
    ];
    const [all, [settings]] = await Promise.all([flows, config]);
    return `${digestFlows(all, "all")} ${readFragmentHandling(settings!)}`;
  }

  /**
   * Gives the drop rule that table 0 ends with this cookie, and resolves when that is in force. As after every change
   * of a rule, the datapath then looks anew at all flows that it has cached.
   */
  async mark(cookie: bigint): Promise<void> {
    await this.request([
      { type: TYPE.flowMod, body: addDrop(cookie) },
      { type: TYPE.barrierRequest, body: EMPTY },
    ]);
  }

  /** Ends the stream; what is under way is rejected. Idempotent. */
  close(): void {
    this.ended("was closed");
  }

  /** Sends messages; resolves with what the answer to the last brings: flows, or a configuration. */
  private request(messages: readonly Pick<Message, "type" | "body">[]): Promise<Buffer[]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const xids = messages.map(() => this.nextXid++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(new Error("the bridge does not answer")), this.timeoutMs);
      const pending = { xids, flows: [], resolve, reject, timer };
      for (const xid of xids) this.pending.set(xid, pending);
      for (const [index, message] of messages.entries()) this.send({ ...message, xid: xids[index]! });
    });
  }

  private send(message: Message): void {
    this.stream.write(encodeMessage(message));
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
    if (type === TYPE.echoRequest) this.send({ type: TYPE.echoReply, xid, body });
    if (type === TYPE.barrierReply) this.settle(xid)?.resolve([]);
    if (type === TYPE.getConfigReply) this.settle(xid)?.resolve([body]);
    if (type === TYPE.error) {
      this.settle(xid)?.reject(new Error(`the bridge refuses: error ${body.subarray(0, 4).toString("hex")}`));
    }
    if (type !== TYPE.multipartReply) return;
    const { flows, more } = readFlows(body);
    const pending = this.pending.get(xid);
    if (pending === undefined) return;
    for (const flow of flows) pending.flows.push(flow);
    if (pending.flows.length > MAX_FLOWS) throw new RangeError(`more than ${MAX_FLOWS} flows`);
    if (!more) this.settle(xid)?.resolve(pending.flows);
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
  }
}

const EMPTY = Buffer.alloc(0);
const FLOWS = { type: TYPE.multipartRequest, body: requestFlows() };

/** Flows that are taken for an answer: many more than a tap bridge ever has, and few enough to be held. */
const MAX_FLOWS = 200_000;
