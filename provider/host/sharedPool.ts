import type { ConnectionSettings } from "./host";
import { ConnectionPool } from "./pool";
import { closeOnInterrupt } from "./shutdown";

const pools = new Map<string, ConnectionPool>();

/** The pool of this process for these settings, made at the first need and closed on an interrupt. */
export function sharedPool(settings: ConnectionSettings): ConnectionPool {
  const { sshConfig, connectTimeout, operationTimeout, hostConcurrency } = settings;
  const key = JSON.stringify([sshConfig ?? null, connectTimeout, operationTimeout, hostConcurrency]);
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = new ConnectionPool(settings);
    pools.set(key, pool);
    closeOnInterrupt(pool);
  }
  return pool;
}

/** Closes the connections of all shared pools, for programs that end by themselves. */
export async function closeSharedPools(): Promise<void> {
  await Promise.all([...pools.values()].map((pool) => pool.closeAll()));
}
