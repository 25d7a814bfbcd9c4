import { setTimeout as sleep } from "node:timers/promises";
import { notApplying, onceApplied } from "./applied";
import { Database } from "./database";
import type { Facts } from "./facts";
import type { OvsdbClient } from "./ovsdbClient";
import { readFacts } from "./readFacts";
import { applyUpdates, type Notation } from "./updates";

/**
 * What a host's OVSDB says, as of now. Facts are the same object while nothing has changed in them. All methods reject with
 * the codes of `OvsdbClient.transact`, `no-ovs`, and `ovsdb-reply` where a value is not what its column can hold.
 */
export interface Replica {
  /** The facts with all that was committed before the asking, by whomever. */
  read(): Promise<Facts>;
  /** The facts without asking: all that this connection has written, and what others have but for what is under way. */
  latest(): Promise<Facts>;
  /** The facts once ovs-vswitchd has put everything up to `nextCfg` into effect. Rejects with `vswitchd-not-applying` after `timeoutMs`. */
  applied(nextCfg: number, timeoutMs: number): Promise<Facts>;
  /** Resolves when the facts may be others than those, or after so many milliseconds. */
  changed(from: Facts, timeoutMs: number): Promise<void>;
}

/** The replica of a host: kept by the server where there is a stream to it, else read as a whole each time. */
export async function openReplica(client: OvsdbClient): Promise<Replica> {
  return client.kind === "stream" ? Monitored.open(client) : new Polled(client);
}

/**
 * Kept by a monitor. It stands on an order that ovsdb-server keeps (`ovsdb_jsonrpc_session_send` sends what monitors have to tell
 * before any reply): a transaction's own effects are here when its reply is, and so is what others committed before a
 * transaction was asked for, be it an empty one.
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
      // A server that hangs is not ovs-vswitchd's fault: then this is what fails.
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

  /** Resolves to whether something has come to hold in time; rejects when the connection ends. */
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

/** Milliseconds between two readings of a host that is waited for. */
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
