import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import { JsonSplitter } from "./jsonSplitter";

/** Of a request: a number, or what the caller calls it. */
type Id = number | string;

interface Pending {
  resolve(result: unknown): void;
  reject(error: TaasError): void;
  timer: NodeJS.Timeout;
}

/**
 * JSON-RPC 1.0 as OVSDB speaks it (RFC 7047 section 4) over a stream of its own: requests with their replies, in any
 * order, and answers to the server's `echo`. When the stream ends, fails or carries something that is no
 * JSON-RPC, every request under way and every later one is rejected.
 */
export class JsonRpcStream {
  private readonly splitter = new JsonSplitter();
  private readonly pending = new Map<Id, Pending>();
  /** The last replies to requests that have a name, as text and read. */
  private readonly named = new Map<string, { text: string; message: Record<string, unknown> }>();
  private nextId = 1;
  private failure: TaasError | undefined;

  /** `host`: the name errors carry. */
  constructor(
    private readonly stream: Duplex,
    private readonly host: string | undefined,
  ) {
    stream.on("data", (chunk: Uint8Array) => this.receive(chunk));
    stream.on("error", (cause) => this.fail(this.ended("failed", cause)));
    stream.on("end", () => this.fail(this.ended("was ended by the host")));
    stream.on("close", () => this.fail(this.ended("was closed")));
    if (stream.destroyed || stream.readableEnded) this.fail(this.ended("was closed"));
  }

  /**
   * Sends a request and resolves to its result. A request that is made again and again may have a name: where the reply is
   * the same as the last one, the result is the very same object, which must not be changed.
   * Rejects with `ovsdb-error`, `ovsdb-timeout`, `ovsdb-closed` or `ovsdb-reply`.
   */
  request(method: string, params: readonly unknown[], timeoutMs: number, name?: string): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = name === undefined || this.pending.has(name) ? this.nextId++ : name;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.giveUp(id, method, timeoutMs), timeoutMs);
      this.pending.set(id, { resolve, reject, timer });
      this.send({ method, params, id });
    });
  }

  /** Ends the stream; requests under way are rejected. Idempotent. */
  close(): void {
    this.fail(this.ended("was closed"));
  }

  private send(message: object): void {
    this.stream.write(JSON.stringify(message));
  }

  private giveUp(id: Id, method: string, timeoutMs: number): void {
    const pending = this.settle(id);
    // Keeps a transaction that still waits on the server from being carried out later (RFC 7047 section 4.1.4).
    this.send({ method: "cancel", params: [id], id: null });
    pending?.reject(
      new TaasError(`no answer from the OVSDB server to "${method}" within ${timeoutMs} ms`, {
        code: "ovsdb-timeout",
        host: this.host,
        hint: "The change may have been made all the same. Check that ovsdb-server is running and not overloaded",
      }),
    );
  }

  private receive(chunk: Uint8Array): void {
    if (this.failure !== undefined) return;
    try {
      for (const document of this.splitter.push(chunk)) this.dispatch(this.parse(document));
    } catch (cause) {
      const text =
        cause instanceof TaasError
          ? cause.shortMessage
          : "the OVSDB server sent something that is not JSON-RPC";
      const hint = cause instanceof TaasError ? cause.hint : undefined;
      this.fail(new TaasError(text, { code: "ovsdb-reply", host: this.host, hint, cause }));
    }
  }

  private parse(text: string): Record<string, unknown> {
    for (const last of this.named.values()) if (last.text === text) return last.message;
    const message = JSON.parse(text);
    if (typeof message?.id === "string" && this.pending.has(message.id))
      this.named.set(message.id, { text, message });
    return message;
  }

  private dispatch(message: Record<string, unknown>): void {
    if (Array.isArray(message)) throw new TypeError("a JSON-RPC message is an object");
    if (typeof message.method === "string") {
      if (message.id === undefined || message.id === null) return;
      const known = message.method === "echo";
      this.send({
        id: message.id,
        result: known ? message.params : null,
        error: known ? null : "unknown method",
      });
      return;
    }
    // A reply nobody waits for is one that came after its time limit.
    const { id } = message;
    const pending = typeof id === "number" || typeof id === "string" ? this.settle(id) : undefined;
    if (message.error === undefined || message.error === null) {
      pending?.resolve(message.result);
      return;
    }
    pending?.reject(
      new TaasError(`the OVSDB server refused the request: ${describeError(message.error)}`, {
        code: "ovsdb-error",
        host: this.host,
      }),
    );
  }

  private settle(id: Id): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending !== undefined) clearTimeout(pending.timer);
    this.pending.delete(id);
    return pending;
  }

  private fail(failure: TaasError): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(failure);
    this.stream.destroy();
  }

  private ended(how: string, cause?: unknown): TaasError {
    const where = this.splitter.unfinished ? " in the middle of a message" : "";
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    return new TaasError(`the connection to the OVSDB server ${how}${where}${why}`, {
      code: "ovsdb-closed",
      host: this.host,
      hint: "A change under way may have been made all the same. Check that ovsdb-server is running",
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
