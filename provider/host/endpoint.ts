/** The options of ssh_config(5) that list algorithms. */
export const ALGORITHM_OPTIONS = ["HostKeyAlgorithms", "KexAlgorithms", "Ciphers", "MACs"] as const;

/** An option of ssh_config(5) that lists algorithms. */
export type AlgorithmOption = (typeof ALGORITHM_OPTIONS)[number];

/** One SSH server as OpenSSH's own configuration resolves it, with the jump hosts on the way to it. */
export interface Endpoint {
  /** The program's name for the host, also in the endpoints of its jump hosts. For messages. */
  name: string;
  /** The alias, DNS name or address that `ssh` was asked for. */
  alias: string;
  hostname: string;
  port: number;
  user: string;
  /** 0: either. */
  addressFamily: 0 | 4 | 6;
  bindAddress: string | undefined;
  /** `HostKeyAlias`: the name to look up in known_hosts instead of the host name. */
  hostKeyAlias: string | undefined;
  /** A pinned key: `<type> <base64>` or `SHA256:<fingerprint>`. */
  hostKey: string | undefined;
  /** In the order in which OpenSSH reads them, the user's before the machine's; they need not exist. */
  knownHostsFiles: string[];
  /** The algorithms that the configuration allows, in order of preference. */
  algorithms: Record<AlgorithmOption, string[]>;
  /** `RequiredRSASize`: the fewest bits that an RSA key may have, the server's or the user's. */
  requiredRsaSize: number;
  identities: IdentitySources;
  /** Everything that OpenSSH's configuration says about it except its name; tokens in commands are expanded. */
  config: [keyword: string, values: readonly string[]][];
  /** The hop before this server. */
  jump: Endpoint | undefined;
  /** The position in the chain of hops. */
  role: "host" | "jump host";
}

/** The sources of keys for a login. */
export interface IdentitySources {
  /** The file that the program names, as an absolute path; it must exist. */
  explicitFile: string | undefined;
  /** All candidate files in order, including the explicit one. */
  files: string[];
  certificateFiles: string[];
  /** `PubkeyAcceptedAlgorithms`; `undefined` if OpenSSH's client does not print it. */
  acceptedAlgorithms: string[] | undefined;
  /** Offer only keys of `files`, even when the agent has more. */
  identitiesOnly: boolean;
  /** Path of the agent's socket. */
  agent: string | undefined;
}

/** `user@host:port`, and the jump host, if there is one. */
export function describeEndpoint(endpoint: Endpoint): string {
  const host = endpoint.hostname.includes(":") ? `[${endpoint.hostname}]` : endpoint.hostname;
  const self = `${endpoint.user}@${host}:${endpoint.port}`;
  const prefix = endpoint.role === "host" ? "" : "jump host ";
  const via = endpoint.jump === undefined ? "" : ` through ${describeEndpoint(endpoint.jump)}`;
  return `${prefix}${self}${via}`;
}

/**
 * The key by which hosts share a connection: hosts with the same key, and their jump hosts, differ only in their names.
 * All options are compared, because many machines may have the same private address and port, and any option may decide
 * which of them is meant or whose key is checked.
 */
export function endpointKey(endpoint: Endpoint): string {
  const { name, alias, role, jump, ...same } = endpoint;
  const key = keys.get(endpoint) ?? JSON.stringify([same, jump === undefined ? null : endpointKey(jump)]);
  keys.set(endpoint, key);
  return key;
}

/** Keys by endpoint: each contains all of OpenSSH's configuration, and every use of a connection needs it. */
const keys = new WeakMap<Endpoint, string>();

/**
 * The name of this server in known_hosts files: the alias unchanged, else the host, with its port if that is not 22.
 */
export function knownHostsName(endpoint: Endpoint): string {
  if (endpoint.hostKeyAlias !== undefined) return endpoint.hostKeyAlias.toLowerCase();
  const host = endpoint.hostname.toLowerCase();
  return endpoint.port === 22 ? host : `[${host}]:${endpoint.port}`;
}
