import { TaasError } from "../errors";
import type { OvsdbChannel } from "../host/session";
import { traced } from "../trace";
import { JsonRpcStream } from "./jsonRpcStream";
import { JsonSplitter } from "./jsonSplitter";
import type { Operation, ResultsOf } from "./operations";
import { parseResults } from "./results";

const DATABASE = "Open_vSwitch";
const DEFAULT_TIMEOUT_MS = 30_000;

/** Options of an `OvsdbClient`. */
export interface OvsdbClientOptions {
  /** The host's name, for errors. */
  host?: string;
  /** Milliseconds a transaction may take; default 30000. */
  timeoutMs?: number;
}

/** What an operation does and to which table, without its values. */
function describeOperation(operation: Operation): string {
  return "table" in operation ? `${operation.op} ${operation.table}` : operation.op;
}

/** Transactions against one host's `Open_vSwitch` database (RFC 7047). */
export class OvsdbClient {
  /** Which kind of channel is underneath; a `tool` transaction costs a process on the host. */
  readonly kind: OvsdbChannel["kind"];
  /** The host's name, for errors. */
  readonly host: string | undefined;
  private readonly timeoutMs: number;
  private readonly request: (operations: readonly Operation[]) => Promise<unknown>;
  private readonly rpc: JsonRpcStream | undefined;

  constructor(channel: OvsdbChannel, options: OvsdbClientOptions = {}) {
    this.kind = channel.kind;
    this.host = options.host;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (channel.kind === "stream") {
      const rpc = new JsonRpcStream(channel.stream, { host: options.host, notified: () => {} });
      this.rpc = rpc;
      this.request = (operations) => rpc.request("transact", [DATABASE, ...operations], this.timeoutMs);
    } else {
      this.request = (operations) => this.callTool(channel.transact, operations);
    }
  }

  /**
   * Carries out the operations as one transaction: all or none. Resolves to one result an operation.
   * Rejects with a `TaasError`: `guard-failed` when a `wait` did not hold, `ovsdb-error` when the database refused an
   * operation (named in the message) or the commit, `ovsdb-timeout`, `ovsdb-closed` or `ovsdb-reply`.
   */
  async transact<const Operations extends readonly Operation[]>(
    operations: Operations,
  ): Promise<ResultsOf<Operations>> {
    const reply = await traced(
      this.host,
      () => `transact ${operations.map(describeOperation).join(", ")}`,
      () => this.request(operations),
    );
    try {
      return parseResults(operations, reply, this.host);
    } catch (error) {
      // Whoever answers so is not to be believed about anything else.
      if (error instanceof TaasError && error.code === "ovsdb-reply") this.rpc?.close(error);
      throw error;
    }
  }

  /** Whether the stream underneath has ended: a client that is closed stays so. */
  get closed(): boolean {
    return this.rpc?.closed !== undefined;
  }

  /** Ends the stream underneath; transactions under way are rejected. Idempotent. */
  close(): void {
    this.rpc?.close();
  }

  private async callTool(
    transact: (json: string) => Promise<string>,
    operations: readonly Operation[],
  ): Promise<unknown> {
    const text = await this.withinTime(transact(JSON.stringify([DATABASE, ...operations])));
    try {
      const [document = "", ...more] = new JsonSplitter().push(Buffer.from(text));
      return JSON.parse(more.length === 0 ? document : text);
    } catch (cause) {
      const shown = JSON.stringify(text.slice(0, 200));
      throw new TaasError(`ovsdb-client answered ${shown} instead of a list of results`, {
        code: "ovsdb-reply",
        host: this.host,
        cause,
      });
    }
  }

  private withinTime<T>(promise: Promise<T>): Promise<T> {
    const { timeoutMs } = this;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new TaasError(`no answer from ovsdb-client within ${timeoutMs} ms`, {
            code: "ovsdb-timeout",
            host: this.host,
            hint: "The change may have been made all the same. Check that ovsdb-server is running and not overloaded",
          }),
        );
      }, timeoutMs);
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
