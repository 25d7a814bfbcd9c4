import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must, startUntil } from "./command.js";
import type { HostKeyType } from "./options.js";

/** The files of a lab's SSH, all in one directory. */
export class SshFiles {
  /** An ssh_config file that knows every host of the lab as `host1` and `host1-alias`, and so on. */
  readonly config: string;
  readonly knownHosts: string;
  /** The private key that every user of every host accepts. */
  readonly identity: string;
  readonly authorizedKeys: string;

  constructor(
    readonly directory: string,
    private readonly enterLab: readonly string[],
  ) {
    this.config = join(directory, "ssh_config");
    this.knownHosts = join(directory, "known_hosts");
    this.identity = join(directory, "id_ed25519");
    this.authorizedKeys = join(directory, "authorized_keys");
  }

  /** Makes the user's key. */
  async createIdentity(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await this.keygen(this.identity, "ed25519");
    await writeFile(this.authorizedKeys, await readFile(`${this.identity}.pub`));
    await chmod(this.authorizedKeys, 0o644); // sshd reads it as the user who logs in
  }

  /** Makes new host keys for a host in place of those it had; what known_hosts says stays as it is until `write`. */
  async createHostKeys(host: string, types: readonly HostKeyType[]): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await Promise.all(
      types.map(async (type) => {
        const path = this.hostKey(host, type);
        await Promise.all([rm(path, { force: true }), rm(`${path}.pub`, { force: true })]);
        await this.keygen(path, type);
      }),
    );
  }

  /** Path of a host's private key. */
  hostKey(host: string, type: HostKeyType): string {
    return join(this.directory, `${host}_${type}_key`);
  }

  /** A host's public key as known_hosts and `hostKey` write it: type and base64. */
  async publicHostKey(host: string, type: HostKeyType): Promise<string> {
    return (await readFile(`${this.hostKey(host, type)}.pub`, "utf8")).split(" ").slice(0, 2).join(" ");
  }

  /** Writes ssh_config and known_hosts for the hosts as they now are. */
  async write(
    hosts: readonly { name: string; port: number }[],
    types: readonly HostKeyType[],
  ): Promise<void> {
    const common = [
      "  HostName 127.0.0.1",
      "  User root",
      `  IdentityFile ${this.identity}`,
      "  IdentitiesOnly yes",
      "  IdentityAgent none",
      `  UserKnownHostsFile ${this.knownHosts}`,
      "  GlobalKnownHostsFile /dev/null",
      "  StrictHostKeyChecking yes",
    ];
    const blocks = hosts.map(({ name, port }) =>
      [`Host ${name} ${name}-alias`, `  Port ${port}`, ...common].join("\n"),
    );
    const known = await Promise.all(
      hosts.flatMap(({ name, port }) =>
        types.map(async (type) => `[127.0.0.1]:${port} ${await this.publicHostKey(name, type)}`),
      ),
    );
    await Promise.all([
      writeFile(this.config, `${blocks.join("\n\n")}\n`),
      writeFile(this.knownHosts, `${known.join("\n")}\n`),
    ]);
  }

  private async keygen(path: string, type: HostKeyType): Promise<void> {
    await must([...this.enterLab, "--", "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "lab", "-f", path]);
  }
}

/** Writes a host's sshd_config and resolves with its path. Of a keyword that stands twice sshd takes the first, so `extra` wins. */
export async function writeSshdConfig(
  files: SshFiles,
  host: { name: string; directory: string; keyTypes: readonly HostKeyType[]; extra: readonly string[] },
): Promise<string> {
  const lines = [
    ...host.extra,
    ...host.keyTypes.map((type) => `HostKey ${files.hostKey(host.name, type)}`),
    `AuthorizedKeysFile ${files.authorizedKeys}`,
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "AllowStreamLocalForwarding yes",
    "PrintMotd no",
    "PrintLastLog no",
    "UseDNS no",
    "LogLevel VERBOSE",
  ];
  const path = join(host.directory, "sshd_config");
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** Listens on 127.0.0.1 and starts one `sshd -i` inside the host for each connection, as inetd would. */
export class SshListener {
  private constructor(
    readonly port: number,
    private readonly enterHost: readonly string[],
    /** Number of the listening process in the lab's PID namespace. */
    private readonly pid: string,
  ) {}

  /** Resolves when the port answers. */
  static async start(options: {
    enterLab: readonly string[];
    /** Words that make a command run on the host. */
    enterHost: readonly string[];
    port: number;
    sshdConfig: string;
    log: string;
  }): Promise<SshListener> {
    const { enterLab, enterHost, port, sshdConfig, log } = options;
    // socat is in the lab's PID namespace already, so nsenter need not fork: sshd itself holds the connection.
    const enter = enterHost.filter((word) => !word.startsWith("--pid="));
    const command = [...enter, "/usr/sbin/sshd", "-i", "-f", sshdConfig, "-E", log].join(" ");
    const listen = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`;
    // A session of its own: listener and connections can then be ended together.
    const argv = [...enterLab, "--", "setsid", "socat", "-d", "-d", listen, `EXEC:${command},nofork`];
    const { match } = await startUntil(argv, /socat\[(\d+)\] N listening on/, "stderr");
    return new SshListener(port, enterHost, match[1]!);
  }

  /** Ends the listener and every connection it has taken; the port then refuses. */
  async stop(): Promise<void> {
    const script = `kill -KILL -- -${this.pid}; while [ -e /proc/${this.pid}/stat ]; do sleep 0.005; done`;
    await must([...this.enterHost, "bash", "-c", script]);
  }
}
