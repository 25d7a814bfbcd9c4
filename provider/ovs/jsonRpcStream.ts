import type { Duplex } from "node:stream";
import { Allowance } from "../allowance";
import { TaasError } from "../errors";
import { JsonSplitter } from "./jsonSplitter";

interface Pending {
  method: string;
  resolve(result: unknown): void;
  reject(error: TaasError): void;
  timer: NodeJS.Timeout;
}

/** Options of a `JsonRpcStream`. */
export interface JsonRpcOptions {
  /** The host's name, for errors. */
  host: string | undefined;
  /** Handles the server's notifications; a `TaasError` that it throws closes the stream. */
  notified(method: string, params: unknown): void;
  /** Called once when the stream is closed. */
  closed(): void;
}

/** The least number of bytes that a message counts for, because handling it has a cost, too. */
const LEAST = 1024;

/**
 * Bytes of notifications that each request allows: its changes are reported, first by this server and then by
 * ovs-vswitchd.
 */
const PER_REQUEST = 64 * 1024;

/** Bytes that may be queued for the server; a server that reads nothing gets no more. */
const MAX_UNSENT = 1024 * 1024;

/**
 * JSON-RPC 1.0 as OVSDB uses it (RFC 7047 section 4) over a stream of its own: requests and their replies in any order,
 * notifications, and answers to the server's `echo`. The stream is closed when it ends, fails or carries anything but
 * JSON-RPC, when a reply is late or unexpected, and when the server sends more than it may. All pending and later
 * requests are then rejected, because answers could no longer be matched to requests.
 */
export class JsonRpcStream {
  private readonly splitter = new JsonSplitter();
  private readonly pending = new Map<number, Pending>();
  /** Bytes that arrive unasked: a host with 5,000 ports that all change at once sends 2 MB. */
  private readonly unasked = new Allowance(16 * 1024 * 1024, 1024 * 1024);
  /** ovsdb-server sends an echo after 5 s without a message. */
  private readonly echoes = new Allowance(100, 10);
  private nextId = 1;
  private failure: TaasError | undefined;

  constructor(
    private readonly stream: Duplex,
    private readonly options: JsonRpcOptions,
  ) {
    stream.on("data", (chunk: Uint8Array) => this.receive(chunk));
    stream.on("error", (cause) => this.fail(this.ended("failed", cause)));
    stream.on("end", () => this.fail(this.ended("was ended by the host")));
    stream.on("close", () => this.fail(this.ended("was closed")));
    if (stream.destroyed || stream.readableEnded) this.fail(this.ended("was closed"));
  }

  /** Why the stream is closed; undefined while it is open. */
  get closed(): TaasError | undefined {
    return this.failure;
  }

  /** Sends a request and resolves to its result. Rejects with `ovsdb-error`, `ovsdb-timeout`, `ovsdb-closed` or `ovsdb-reply`. */
  request(method: string, params: readonly unknown[], timeoutMs: number): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.giveUp(this.late(method, timeoutMs)), timeoutMs);
      this.pending.set(id, { method, resolve, reject, timer });
      this.unasked.give(PER_REQUEST);
      this.send({ method, params, id });
    });
  }

  /** Ends the stream; requests under way are rejected. Idempotent. */
  close(why: TaasError = this.ended("was closed")): void {
    this.fail(why);
  }

  /** Keeps transactions that still wait on the server from being executed later (RFC 7047 section 4.1.4). */
  private giveUp(why: TaasError): void {
    for (const id of this.pending.keys()) this.send({ method: "cancel", params: [id], id: null });
    this.fail(why);
  }

  private send(message: object): void {
    this.stream.write(JSON.stringify(message));
  }

  private receive(chunk: Uint8Array): void {
    try {
      for (const document of this.splitter.push(chunk)) {
        if (this.failure !== undefined) return;
        this.dispatch(JSON.parse(document), document.length);
      }
    } catch (cause) {
      const text =
        cause instanceof TaasError
          ? cause.shortMessage
          : "the OVSDB server sent something that is not JSON-RPC";
      this.fail(this.refused(text, cause));
    }
  }

  private dispatch(message: Record<string, unknown>, size: number): void {
    if (typeof message !== "object" || message === null || Array.isArray(message))
      throw new TypeError("a JSON-RPC message is an object");
    if (typeof message.method === "string") this.asked(message.method, message, size);
    else this.answered(message);
  }

  private asked(method: string, { id, params }: Record<string, unknown>, size: number): void {
    if (!this.unasked.take(Math.max(size, LEAST))) throw this.refused("the OVSDB server sends without end");
    if (id === undefined || id === null) {
      this.options.notified(method, params);
      return;
    }
    if (!this.echoes.take(1) || this.stream.writableLength > MAX_UNSENT)
      throw this.refused("the OVSDB server sends echo requests without end, or does not read the answers");
    const known = method === "echo";
    this.send({ id, result: known ? params : null, error: known ? null : "unknown method" });
  }

  private answered({ id, result, error }: Record<string, unknown>): void {
    const pending = typeof id === "number" ? this.pending.get(id) : undefined;
    if (pending === undefined) throw this.refused("the OVSDB server answered a request that was not sent");
    clearTimeout(pending.timer);
    this.pending.delete(id as number);
    if (error === undefined || error === null) pending.resolve(result);
    else pending.reject(this.refusal(error));
  }

  private fail(failure: TaasError): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    for (const { timer, reject } of this.pending.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    this.pending.clear();
    this.stream.destroy();
    this.options.closed();
  }

  private refusal(error: unknown): TaasError {
    const text = `the OVSDB server refused the request: ${describeError(error).slice(0, 500)}`;
    return new TaasError(text, { code: "ovsdb-error", host: this.options.host });
  }

  private refused(text: string, cause?: unknown): TaasError {
    return new TaasError(text, {
      code: "ovsdb-reply",
      host: this.options.host,
      hint: "Check that the socket is ovsdb-server's (usually /var/run/openvswitch/db.sock)",
      cause,
    });
  }

  private late(method: string, timeoutMs: number): TaasError {
    return new TaasError(`no answer from the OVSDB server to "${method}" within ${timeoutMs} ms`, {
      code: "ovsdb-timeout",
      host: this.options.host,
      hint: "The change may have been made nevertheless. Check that ovsdb-server is running and not overloaded",
    });
  }

  private ended(how: string, cause?: unknown): TaasError {
    const where = this.splitter.unfinished ? " in the middle of a message" : "";
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    return new TaasError(`the connection to the OVSDB server ${how}${where}${why}`, {
      code: "ovsdb-closed",
      host: this.options.host,
      hint: "A pending change may have been made nevertheless. Check that ovsdb-server is running",
      cause,
    });
  }
}

function describeError(error: unknown): string {
  if (typeof error === "string") return error;
  const { error: tag, details } = error as { error?: unknown; details?: unknown };
  const texts = [tag, details].filter((text) => typeof text === "string");
  return texts.length > 0 ? texts.join(": ") : JSON.stringify(error);
}
