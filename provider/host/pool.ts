import { Drain } from "./drain";
import { describeEndpoint, type Endpoint, endpointKey } from "./endpoint";
import { underName } from "./failures";
import type { ConnectionSettings, HostRecord } from "./host";
import { resolveEndpoint } from "./resolve";
import { Semaphore } from "./semaphore";
import { HostSession } from "./session";
import type { Ssh2Transport } from "./ssh2Transport";
import type { Connection } from "./transport";
import { whenLost } from "./whenLost";

/** Each transport is loaded when it is first used: previews contact no host, and start sooner without them. */
const transports = {
  local: () => import("./localTransport.js"),
  openssh: () => import("./opensshTransport.js"),
  ssh2: () => import("./ssh2Transport.js"),
};

/** Connections opened at the same time through one jump host. */
const CONNECTS_PER_JUMP_HOST = 4;

/** A connection, and how many use it. */
interface Entry {
  opening: Promise<Connection>;
  users: number;
  idle: NodeJS.Timeout | undefined;
  sessions: Map<string, HostSession>;
}

/** A use of a connection, which must be released. */
interface Lease<C extends Connection = Connection> {
  connection: C;
  sessions: Map<string, HostSession>;
  release(): void;
}

/**
 * One connection for each host and run. It is opened when first needed, shared by all names for which OpenSSH's
 * configuration, including that of the jump hosts, is the same, and closed when idle or lost. Connections to jump hosts
 * are shared in the same way.
 */
export class ConnectionPool {
  private readonly entries = new Map<string, Entry>();
  private readonly endpoints = new Map<string, Promise<Endpoint>>();
  private readonly connects: Semaphore;
  private readonly jumpConnects = new Map<string, Semaphore>();
  private readonly drain = new Drain();

  /** `idleMs`: how long an unused connection is kept; meanwhile it also keeps the process from ending. */
  constructor(
    private readonly settings: ConnectionSettings,
    private readonly idleMs = 5000,
  ) {
    this.connects = new Semaphore(settings.hostConcurrency);
  }

  /** Lends the session of a host while the work runs. Errors of the connection carry the record's name. */
  async use<T>(record: HostRecord, work: (session: HostSession) => Promise<T>): Promise<T> {
    const { lease, where } = await this.lease(record).catch((error) => {
      throw underName(error, record.name);
    });
    try {
      return await work(this.session(record, lease, where));
    } finally {
      lease.release();
    }
  }

  /** Closes all connections now; running commands are rejected. The pool can be used again. */
  async closeAll(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    this.endpoints.clear();
    for (const { idle } of entries) clearTimeout(idle);
    await Promise.allSettled(entries.map(async ({ opening }) => (await opening).close()));
  }

  /** Starts no new commands, gives running ones `graceMs` milliseconds, then closes all connections. */
  async shutDown(graceMs: number): Promise<void> {
    await this.drain.stop(graceMs);
    await this.closeAll();
  }

  private session(record: HostRecord, { connection, sessions }: Lease, where: string): HostSession {
    const key = JSON.stringify([record.name, record.sudo ?? "auto"]);
    let session = sessions.get(key);
    if (session === undefined) {
      session = new HostSession(record, { connection, where, settings: this.settings, drain: this.drain });
      sessions.set(key, session);
    }
    return session;
  }

  private async lease(record: HostRecord): Promise<{ lease: Lease; where: string }> {
    if (record.transport === "local" || record.address === "local") {
      const { LocalTransport } = await transports.local();
      const lease = await this.acquire("local", async () => new LocalTransport(record, this.settings));
      return { lease, where: "this machine" };
    }
    const endpoint = await this.endpoint(record);
    const where = describeEndpoint(endpoint);
    if (record.transport !== "openssh") return { lease: await this.ssh2(endpoint), where };
    const { OpensshTransport } = await transports.openssh();
    const open = () => this.connects.run(() => OpensshTransport.open(record, endpoint, this.settings));
    return { lease: await this.acquire(`openssh ${endpointKey(endpoint)}`, open), where };
  }

  private ssh2(endpoint: Endpoint): Promise<Lease<Ssh2Transport>> {
    const { jump } = endpoint;
    return this.acquire(`ssh2 ${endpointKey(endpoint)}`, async () => {
      const { Ssh2Transport } = await transports.ssh2();
      if (jump === undefined) return this.connects.run(() => Ssh2Transport.open(endpoint, this.settings));
      const hop = await this.ssh2(jump);
      try {
        const open = () => Ssh2Transport.open(endpoint, this.settings, hop.connection);
        const connection = await this.gate(jump).run(() => this.connects.run(open));
        whenLost(connection, () => hop.release());
        return connection;
      } catch (error) {
        hop.release();
        throw error;
      }
    });
  }

  private gate(jump: Endpoint): Semaphore {
    const key = endpointKey(jump);
    const gate = this.jumpConnects.get(key) ?? new Semaphore(CONNECTS_PER_JUMP_HOST);
    this.jumpConnects.set(key, gate);
    return gate;
  }

  private endpoint(record: HostRecord): Promise<Endpoint> {
    const { name, address, port, user, identityFile, hostKey, proxyJump } = record;
    const key = JSON.stringify([name, address, port, user, identityFile, hostKey, proxyJump]);
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = this.connects.run(() => resolveEndpoint(record, this.settings));
      this.endpoints.set(key, endpoint);
      endpoint.catch(() => this.endpoints.delete(key));
    }
    return endpoint;
  }

  private async acquire<C extends Connection>(key: string, open: () => Promise<C>): Promise<Lease<C>> {
    const entry = this.entries.get(key) ?? this.add(key, open);
    clearTimeout(entry.idle);
    entry.users += 1;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users === 0) this.closeWhenIdle(key, entry);
    };
    try {
      return { connection: (await entry.opening) as C, sessions: entry.sessions, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  private add(key: string, open: () => Promise<Connection>): Entry {
    const entry: Entry = { opening: open(), users: 0, idle: undefined, sessions: new Map() };
    this.entries.set(key, entry);
    const evict = () => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    entry.opening.then((connection) => whenLost(connection, evict), evict);
    return entry;
  }

  private closeWhenIdle(key: string, entry: Entry): void {
    entry.idle = setTimeout(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      entry.opening.then((connection) => connection.close()).catch(() => {});
    }, this.idleMs);
    entry.idle.unref();
  }
}
