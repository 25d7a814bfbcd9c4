import { setTimeout as sleep } from "node:timers/promises";
import { notApplying, onceApplied } from "./applied";
import { Database } from "./database";
import type { Facts } from "./facts";
import type { OvsdbClient } from "./ovsdbClient";
import { readFacts } from "./readFacts";
import { applyUpdates, type Notation } from "./updates";

/**
 * An up-to-date copy of a host's OVSDB. The facts are the same object while nothing in them has changed. All methods
 * reject with the codes of `OvsdbClient.transact`, with `no-ovs`, and with `ovsdb-reply` if a value does not fit its
 * column.
 */
export interface Replica {
  /** The facts, including everything that any writer committed before the call. */
  read(): Promise<Facts>;
  /**
   * The facts without a request: everything that this connection has written, and what others have written except what
   * is still in transit.
   */
  latest(): Promise<Facts>;
  /**
   * The facts once ovs-vswitchd has applied everything up to `nextCfg`. Rejects with `vswitchd-not-applying` after
   * `timeoutMs`.
   */
  applied(nextCfg: number, timeoutMs: number): Promise<Facts>;
  /** Resolves when the facts may differ from the given ones, or after this many milliseconds. */
  changed(from: Facts, timeoutMs: number): Promise<void>;
}

/** The replica of a host: updated by the server if there is a stream to it, else read as a whole each time. */
export async function openReplica(client: OvsdbClient): Promise<Replica> {
  return client.kind === "stream" ? Monitored.open(client) : new Polled(client);
}

/**
 * Updated by a monitor. It relies on an order that ovsdb-server guarantees (`ovsdb_jsonrpc_session_send` sends pending
 * monitor updates before any reply): when a transaction's reply arrives, its own effects have arrived, and so has
 * everything that others committed before the transaction was sent, even if it is empty.
 */
class Monitored implements Replica {
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly client: OvsdbClient,
    private readonly database: Database,
  ) {}

  static async open(client: OvsdbClient): Promise<Monitored> {
    const database = new Database(client.host);
    const replica = new Monitored(client, database);
    await client.monitor({
      take: (notation: Notation, updates: unknown) => {
        applyUpdates(database, notation, updates, client.host);
        replica.wake();
      },
      closed: () => replica.wake(),
    });
    return replica;
  }

  async read(): Promise<Facts> {
    await this.client.transact([]);
    return this.database.facts();
  }

  async latest(): Promise<Facts> {
    return this.database.facts();
  }

  async applied(nextCfg: number, timeoutMs: number): Promise<Facts> {
    const isApplied = () => this.database.applied >= nextCfg;
    if (!(await this.until(isApplied, timeoutMs))) {
      // If the server itself hangs, ovs-vswitchd is not to blame, and this read fails instead.
      await this.read();
      if (!isApplied()) throw notApplying(this.client.host, nextCfg, this.database.applied, timeoutMs);
    }
    return this.database.facts();
  }

  async changed(from: Facts, timeoutMs: number): Promise<void> {
    await this.until(() => this.database.facts() !== from, timeoutMs);
  }

  private wake(): void {
    for (const look of [...this.waiting]) look();
  }

  /** Resolves to whether a condition came true in time; rejects when the connection ends. */
  private until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        settle();
      };
      const look = () => {
        try {
          if (this.client.closed !== undefined) throw this.client.closed;
          if (holds()) end(() => resolve(true));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const timer = setTimeout(() => end(() => resolve(false)), timeoutMs);
      this.waiting.add(look);
      look();
    });
  }
}

/** Milliseconds between two reads while waiting for a host. */
const INTERVAL = 300;

/** Read as a whole, by a command on the host. */
class Polled implements Replica {
  private known: { text: string; facts: Facts } | undefined;

  constructor(private readonly client: OvsdbClient) {}

  async read(): Promise<Facts> {
    return this.same(await readFacts(this.client));
  }

  latest(): Promise<Facts> {
    return this.read();
  }

  applied(nextCfg: number, timeoutMs: number): Promise<Facts> {
    return onceApplied(this.client, nextCfg, timeoutMs, async (until) =>
      this.same(await readFacts(this.client, until)),
    );
  }

  async changed(_from: Facts, timeoutMs: number): Promise<void> {
    await sleep(Math.min(timeoutMs, INTERVAL));
  }

  private same(facts: Facts): Facts {
    const text = JSON.stringify(facts);
    if (this.known?.text !== text) this.known = { text, facts };
    return this.known.facts;
  }
}
