/** How a host is reached, and its bridges and addresses. */
export type { HostRecord } from "../schema/host";

/** Limits and files of a run, from the stack configuration (namespace `taas`) with its defaults. */
export interface ConnectionSettings {
  /**
   * An ssh_config file instead of the user's own (`taas:sshConfig`, else the environment variable `TAAS_SSH_CONFIG`).
   */
  sshConfig?: string;
  /** Seconds within which a connection must be established (`taas:connectTimeout`). */
  connectTimeout: number;
  /** Seconds a single operation on a host may take (`taas:operationTimeout`). */
  operationTimeout: number;
  /** Hosts connected to at the same time (`taas:hostConcurrency`). */
  hostConcurrency: number;
}
