import type { WithAccess } from "./converge/access";
import type { Ending } from "./converge/ending";
import { FailedHosts } from "./converge/failedHosts";
import { Host } from "./converge/host";
import { HostQueue } from "./converge/hostQueue";
import { placeOf } from "./converge/hosts";
import { Session } from "./converge/session";
import type { HostRecord } from "./host/host";
import { claimedHost, entryOf, withPresentConnection } from "./host/inventory";
import { refuseOwnMachine } from "./host/ownMachine";
import { ConnectionPool } from "./host/pool";
import type { HostSession } from "./host/session";
import { closeOnSignal } from "./host/shutdown";
import { printable } from "./printable";
import { type Context, namesOf } from "./resource/context";
import type { Settings } from "./settings";

/** The warnings of a caller that handles none itself, such as a command. */
function toStderr(message: string): void {
  console.error(`warning: ${message}`);
}

/** Everything that lives as long as the provider process: one connection and one queue for each host. */
export function createContext(settings: Settings, warn = toStderr): Context {
  const pool = new ConnectionPool(settings.connection);
  closeOnSignal(pool);
  return contextOf(pool, settings, warn);
}

/** The same context for one operation, with that operation's caller. */
export function contextForCaller(
  context: Context,
  warn: (message: string) => void,
  ending: Ending | undefined,
): Context {
  const say = (message: string): void => warn(printable(message));
  return { ...context, warn: say, open: (record) => context.open(record).toldTo(say), ending };
}

/** How long idle connections are kept, in milliseconds, when they are to be kept for a whole piece of work. */
const KEPT = 24 * 3600 * 1000;

/** How the connections of a piece of work are handled before its end. */
export interface Connections {
  /**
   * `idle` (default): closed when unused, or by a signal that ends the process. `end`: kept, and the work itself
   * decides what a signal does.
   */
  until?: "idle" | "end";
}

/** Runs work with connections that are closed when it ends, at the latest. */
export async function withContext<T>(
  settings: Settings,
  work: (context: Context) => Promise<T>,
  { until = "idle" }: Connections = {},
): Promise<T> {
  const isKept = until === "end";
  const pool = new ConnectionPool(settings.connection, isKept ? KEPT : undefined);
  const release = isKept ? () => {} : closeOnSignal(pool);
  try {
    return await work(contextOf(pool, settings, toStderr));
  } finally {
    await pool.closeAll();
    release();
  }
}

function contextOf(pool: ConnectionPool, settings: Settings, warn: (message: string) => void): Context {
  const { inventory } = settings;
  /** How program and state say that an address is reached. */
  const named = new Map<string, HostRecord>();
  const withAccess = lendAccess(pool, settings, (record) => named.get(record.address) ?? record);
  const queues = new Map<string, HostQueue>();
  const say = (message: string): void => warn(printable(message));
  return {
    ...namesOf(inventory),
    presentHost(recorded) {
      const present = withPresentConnection(recorded, inventory);
      if (!named.has(present.address)) named.set(present.address, present);
      return present;
    },
    async claimedHost(claimed) {
      const { record, saidBy } = claimedHost(claimed, inventory, named);
      if (saidBy === "claim") await refuseOwnMachine(record, settings.connection);
      return record;
    },
    open(record) {
      const place = placeOf(record);
      const queue = queues.get(place) ?? new HostQueue(withAccess);
      queues.set(place, queue);
      return new Host(record, queue, withAccess, say);
    },
    warn: say,
    failed: new FailedHosts(),
    close: () => pool.closeAll(),
  };
}

/**
 * Lends access to machines. All records with the same address are reached as the inventory's entry for that address
 * says, if there is one, so that they share a connection and its replica.
 */
function lendAccess(
  pool: ConnectionPool,
  { inventory, connection }: Settings,
  wayTo: (record: HostRecord) => HostRecord,
): WithAccess {
  const sessions = new WeakMap<HostSession, Session>();
  return (record, work) =>
    pool.use(entryOf(record, inventory) ?? wayTo(record), async (hostSession) => {
      const session =
        sessions.get(hostSession) ?? new Session(hostSession, connection.operationTimeout * 1000);
      sessions.set(hostSession, session);
      return work(await session.access(record));
    });
}
