/** The options of ssh_config(5) that list algorithms. */
export const ALGORITHM_OPTIONS = ["HostKeyAlgorithms", "KexAlgorithms", "Ciphers", "MACs"] as const;

/** An option of ssh_config(5) that lists algorithms. */
export type AlgorithmOption = (typeof ALGORITHM_OPTIONS)[number];

/** One SSH server as OpenSSH's own configuration resolves it, with the way to it. */
export interface Endpoint {
  /** What the program calls the host (also in the endpoints of its jump hosts). For messages. */
  name: string;
  /** The alias, DNS name or address that `ssh` was asked for. */
  alias: string;
  hostname: string;
  port: number;
  user: string;
  /** 0: either. */
  addressFamily: 0 | 4 | 6;
  bindAddress: string | undefined;
  /** `HostKeyAlias`: looked up in known_hosts instead of the host name. */
  hostKeyAlias: string | undefined;
  /** A pinned key: `<type> <base64>` or `SHA256:<fingerprint>`. */
  hostKey: string | undefined;
  /** Existing or not, in the order OpenSSH reads them: the user's, then the machine's. */
  knownHostsFiles: string[];
  /** The algorithms that the configuration allows, in order of preference. */
  algorithms: Record<AlgorithmOption, string[]>;
  /** `RequiredRSASize`: bits below which no RSA key is used, neither the server's nor the user's. */
  requiredRsaSize: number;
  identities: IdentitySources;
  /** All that OpenSSH's configuration says of it, but for what it is called; commands with their tokens expanded. */
  config: [keyword: string, values: readonly string[]][];
  /** The hop before this server. */
  jump: Endpoint | undefined;
  /** Which hop of the chain it is. */
  role: "host" | "jump host";
}

/** Where keys for a login come from. */
export interface IdentitySources {
  /** The file the program names, as an absolute path; it must exist. */
  explicitFile: string | undefined;
  /** All candidate files, the explicit one included, in order. */
  files: string[];
  certificateFiles: string[];
  /** `PubkeyAcceptedAlgorithms`; `undefined` where OpenSSH's client does not say. */
  acceptedAlgorithms: string[] | undefined;
  /** Offer only keys of `files`, even when the agent has more. */
  identitiesOnly: boolean;
  /** Path of the agent's socket. */
  agent: string | undefined;
}

/** `user@host:port`, and the jump host where there is one. */
export function describeEndpoint(endpoint: Endpoint): string {
  const host = endpoint.hostname.includes(":") ? `[${endpoint.hostname}]` : endpoint.hostname;
  const self = `${endpoint.user}@${host}:${endpoint.port}`;
  const prefix = endpoint.role === "host" ? "" : "jump host ";
  const via = endpoint.jump === undefined ? "" : ` through ${describeEndpoint(endpoint.jump)}`;
  return `${prefix}${self}${via}`;
}

/**
 * Two hosts with the same key share a connection: they and their jump hosts differ in nothing but what they are called. A
 * private address and its port are those of many machines, and any option may say which of them is meant, or whose key is checked.
 */
export function endpointKey(endpoint: Endpoint): string {
  const { name, alias, role, jump, ...same } = endpoint;
  const key = keys.get(endpoint) ?? JSON.stringify([same, jump === undefined ? null : endpointKey(jump)]);
  keys.set(endpoint, key);
  return key;
}

/** Keys by endpoint: all of OpenSSH's configuration is in each, and every use of a connection asks for it. */
const keys = new WeakMap<Endpoint, string>();

/** The name of this server in known_hosts files: the alias as it is, else the host with its port where that is not 22. */
export function knownHostsName(endpoint: Endpoint): string {
  if (endpoint.hostKeyAlias !== undefined) return endpoint.hostKeyAlias.toLowerCase();
  const host = endpoint.hostname.toLowerCase();
  return endpoint.port === 22 ? host : `[${host}]:${endpoint.port}`;
}
