/** How a host is reached and what is where on it; a `Host` argument resolved through the stack's inventory. Plain JSON. */
export interface HostRecord {
  /** What the program calls the host when it is a name of the inventory; else the address. For messages and lookups. */
  name: string;
  /** Identity: an ssh_config alias, DNS name or IP address; `local` is this machine without SSH. */
  address: string;
  port?: number;
  user?: string;
  identityFile?: string;
  hostKey?: string;
  proxyJump?: string;
  transport?: "ssh2" | "openssh" | "local";
  sudo?: "auto" | "always" | "never";
  tunnelIp?: string;
  integrationBridge?: string;
  tapBridge?: string;
  tunnelBridge?: string;
  gone?: boolean;
  keeper?: boolean;
}

/** Limits and files of a run, from the stack configuration (namespace `taas`). */
export interface ConnectionSettings {
  /** An ssh_config file instead of the user's own (`taas:sshConfig`, else environment `TAAS_SSH_CONFIG`). */
  sshConfig?: string;
  /** Seconds until a connection must stand (`taas:connectTimeout`). Default 15. */
  connectTimeout: number;
  /** Seconds a single operation on a host may take (`taas:operationTimeout`). Default 60. */
  operationTimeout: number;
  /** Hosts connected to at the same time (`taas:hostConcurrency`). Default 10. */
  hostConcurrency: number;
}
