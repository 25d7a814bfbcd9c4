import type { Input } from "@pulumi/pulumi";

/**
 * How a host is reached, and its bridges and addresses. Only `address` is its identity; a change of how it is reached
 * is never a diff.
 */
export interface HostArgs {
  /** An ssh_config alias, DNS name or IP address; `"local"` is this machine without SSH. */
  address: Input<string>;
  /**
   * The name of the host in messages. If the inventory has an entry of this name with the same address, that entry says
   * how to connect. Default: the address.
   */
  name?: Input<string>;
  /** SSH port, 1 to 65535. Default: what ssh_config says, else 22. */
  port?: Input<number>;
  /** Login user. Default: what ssh_config says. */
  user?: Input<string>;
  /**
   * Path of a private key file. Key material itself never becomes a property. Default: the SSH agent and what
   * ssh_config says.
   */
  identityFile?: Input<string>;
  /** The host's public key (`ssh-ed25519 AAAA...`) or its fingerprint (`SHA256:...`). Default: known_hosts, strictly. */
  hostKey?: Input<string>;
  /** Jump host, or several separated by commas, as ssh's ProxyJump. Default: what ssh_config says. */
  proxyJump?: Input<string>;
  /**
   * `ssh2` (default): built in. `openssh`: the machine's own OpenSSH client, for certificates and hardware keys.
   * `local`: no SSH.
   */
  transport?: Input<"ssh2" | "openssh" | "local">;
  /** Whether commands run under `sudo -n`. `auto` (default): if Open vSwitch refuses the login user. */
  sudo?: Input<"auto" | "always" | "never">;
  /** Underlay IP address of mirror tunnels. Default: `ovn-encap-ip`, `local_ip`, or that of the production tunnels. */
  tunnelIp?: Input<string>;
  /** Bridge that VMs plug into. Default `br-int`. */
  integrationBridge?: Input<string>;
  /** Bridge that holds copies only. Default `br-tap`. */
  tapBridge?: Input<string>;
  /** Bridge of the production tunnels. Default `br-tun`. */
  tunnelBridge?: Input<string>;
  /**
   * Whether the machine no longer exists: deletes on it then count as done, with a warning, and creates are errors
   * (`host-gone`). Set it in the inventory (`taas:hosts`): a delete does not read a record in the program. Default
   * `false`.
   */
  gone?: Input<boolean>;
  /**
   * Whether the host restores its taps by itself after a restart of Open vSwitch or of a VM. Needs root or sudo there.
   * Default `false`.
   */
  keeper?: Input<boolean>;
}

/**
 * A host: a name in the stack's inventory (`taas:hosts`), an ssh_config alias, a DNS name, an address, or the whole
 * record.
 */
export type Host = string | HostArgs;

/** A host as resources output it, resolved through the inventory. Used as an argument, it is the same host. */
export interface ResolvedHost extends HostArgs {
  /** The name of the host in messages: the inventory's, else the address. */
  name: string;
}
