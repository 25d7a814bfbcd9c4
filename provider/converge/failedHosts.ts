import type { HostRecord } from "../host/host";

/**
 * Hosts that failed when claims led to them. Many claims can lead to a host that is down, and each attempt costs the
 * time limit of a connection, so that a host is not asked again once it has failed.
 */
export class FailedHosts {
  /** By the whole record: one host's claim, which may say anything, keeps none from being reached in another way. */
  private readonly errors = new Map<string, unknown>();

  /** How many there are. */
  get count(): number {
    return this.errors.size;
  }

  /** Asks a host, or rejects with the error with which it has failed before. */
  async ask<T>(record: HostRecord, work: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(record);
    if (this.errors.has(key)) throw this.errors.get(key);
    try {
      return await work();
    } catch (error) {
      this.errors.set(key, error);
      throw error;
    }
  }
}
