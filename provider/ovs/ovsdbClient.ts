import { TaasError } from "../errors";
import type { OvsdbChannel } from "../host/session";
import { traced } from "../trace";
import { JsonRpcStream } from "./jsonRpcStream";
import { JsonSplitter } from "./jsonSplitter";
import type { Operation, ResultsOf } from "./operations";
import { parseResults } from "./results";
import { columnsOf, TABLE_NAMES } from "./tables";
import type { Notation } from "./updates";

const DATABASE = "Open_vSwitch";
const DEFAULT_TIMEOUT_MS = 30_000;

/** Options of an `OvsdbClient`. */
export interface OvsdbClientOptions {
  /** The host's name, for errors. */
  host?: string;
  /** Milliseconds a transaction may take; default 30000. */
  timeoutMs?: number;
}

/** The kind of an operation and its table, without values. */
function describeOperation(operation: Operation): string {
  return "table" in operation ? `${operation.op} ${operation.table}` : operation.op;
}

/** The receiver of a monitor's updates. */
export interface Monitoring {
  /**
   * Takes the initial state of the tables and then each change, in order; an error that it throws closes the client.
   */
  take(notation: Notation, updates: unknown): void;
  /** Called when the client is closed, after which there are no more updates. */
  closed(): void;
}

/** The name of a client's only monitor. */
const MONITOR = "taas";

/** Transactions against one host's `Open_vSwitch` database (RFC 7047). */
export class OvsdbClient {
  /** The kind of channel underneath; a `tool` transaction costs a process on the host. */
  readonly kind: OvsdbChannel["kind"];
  /** The host's name, for errors. */
  readonly host: string | undefined;
  private readonly timeoutMs: number;
  private readonly request: (operations: readonly Operation[]) => Promise<unknown>;
  private readonly rpc: JsonRpcStream | undefined;
  private monitoring: Monitoring | undefined;
  /** Changes that arrived before the initial state was taken. */
  private early: [Notation, unknown][] | undefined;

  constructor(channel: OvsdbChannel, options: OvsdbClientOptions = {}) {
    this.kind = channel.kind;
    this.host = options.host;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (channel.kind === "stream") {
      const rpc = new JsonRpcStream(channel.stream, {
        host: options.host,
        notified: (method, params) => this.notified(method, params),
        closed: () => this.monitoring?.closed(),
      });
      this.rpc = rpc;
      this.request = (operations) => rpc.request("transact", [DATABASE, ...operations], this.timeoutMs);
    } else {
      this.request = (operations) => this.callTool(channel.transact, operations);
    }
  }

  /**
   * Executes the operations as one transaction: all or none. Resolves to one result per operation. Rejects with a
   * `TaasError`: `guard-failed` if a `wait` did not hold, `ovsdb-error` if the database refused an operation (named in
   * the message) or the commit, `ovsdb-timeout`, `ovsdb-closed` or `ovsdb-reply`.
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
      // A server that sends such a reply cannot be trusted in anything else.
      if (error instanceof TaasError && error.code === "ovsdb-reply") this.rpc?.close(error);
      throw error;
    }
  }

  /**
   * Monitors the tables that the project reads: the server reports their content now and each change until the client
   * is closed. Only over a stream, and once. A server without `monitor_cond` (before Open vSwitch 2.6) reports whole
   * rows.
   */
  async monitor(monitoring: Monitoring): Promise<void> {
    this.monitoring = monitoring;
    this.early = [];
    const [notation, first] = await this.startMonitor("monitor_cond").catch((error: unknown) => {
      if (error instanceof TaasError && error.code === "ovsdb-error") return this.startMonitor("monitor");
      throw error;
    });
    const early = this.early;
    this.early = undefined;
    try {
      monitoring.take(notation, first);
      for (const [kind, updates] of early) monitoring.take(kind, updates);
    } catch (error) {
      this.rpc!.close(error as TaasError);
      throw error;
    }
  }

  private async startMonitor(method: "monitor_cond" | "monitor"): Promise<[Notation, unknown]> {
    const tables = TABLE_NAMES.map((table) => [table, { columns: columnsOf(table) }]);
    const params = [DATABASE, MONITOR, Object.fromEntries(tables)];
    const first = await this.rpc!.request(method, params, this.timeoutMs);
    return [method === "monitor_cond" ? "update2" : "update", first];
  }

  private notified(method: string, params: unknown): void {
    const [name, updates] = Array.isArray(params) ? params : [];
    if (name !== MONITOR) return;
    if (method === "monitor_canceled") this.rpc!.close(this.cancelled());
    if (method !== "update" && method !== "update2") return;
    if (this.early === undefined) this.monitoring?.take(method, updates);
    else this.early.push([method, updates]);
  }

  private cancelled(): TaasError {
    return new TaasError("the OVSDB server no longer reports changes: its database was replaced", {
      code: "ovsdb-closed",
      host: this.host,
      hint: "Run again when the upgrade of Open vSwitch on the host has finished",
    });
  }

  /** Why the client was closed; undefined while it is open. A closed client stays closed. */
  get closed(): TaasError | undefined {
    return this.rpc?.closed;
  }

  /** Closes the stream underneath; pending transactions are rejected. Idempotent. */
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
            hint: "The change may have been made nevertheless. Check that ovsdb-server is running and not overloaded",
          }),
        );
      }, timeoutMs);
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
