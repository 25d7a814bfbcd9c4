import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import type { Drain } from "./drain";
import { type Peer, underName } from "./failures";
import type { ConnectionSettings, HostRecord } from "./host";
import { ovsdbTool } from "./ovsdbTool";
import {
  type HostProbe,
  lacksRights,
  noRights,
  PROBE_ARGV,
  parseProbe,
  sudoArgv,
  sudoRefusal,
} from "./privilege";
import { type Command, plainArgv } from "./script";
import type { Connection, ExecOptions, ExecResult } from "./transport";

/**
 * Access to a host's OVSDB: a stream that speaks JSON-RPC (RFC 7047), or a command that runs one transaction at a time.
 */
export type OvsdbChannel =
  | { kind: "stream"; stream: Duplex }
  | {
      kind: "tool";
      /** Takes the `params` of a `transact` request, `["Open_vSwitch", ...operations]`; resolves to its result array. */
      transact(json: string): Promise<string>;
    };

/** The parts that a session consists of. */
export interface SessionParts {
  connection: Connection;
  /** Resolved user, address, port: for messages. */
  where: string;
  settings: ConnectionSettings;
  drain: Drain;
}

/**
 * One host for one stack: its connection, and the login user's rights there. Every error carries the name of its
 * record.
 */
export class HostSession {
  private readonly peer: Peer;
  private probing: Promise<HostProbe> | undefined;

  constructor(
    readonly record: HostRecord,
    private readonly parts: SessionParts,
  ) {
    this.peer = { name: record.name, where: parts.where };
  }

  /** Runs a command as the login user. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
    const { connection, drain } = this.parts;
    return this.named(drain.track(this.record.name, () => connection.exec(argv, options)));
  }

  /** Opens a unix socket as the login user. Rejects with `socket-refused`. */
  openSocket(path: string): Promise<Duplex> {
    const { connection, drain } = this.parts;
    return this.named(drain.track(this.record.name, () => connection.openSocket(path)));
  }

  /**
   * Runs a command with the rights to change OVS. `sudo` of the host decides how: never, always, or (auto) if the login
   * user is not root and either may not use the OVSDB socket or was refused. Errors: `no-rights`, `no-ovs`.
   */
  async run(command: Command, options?: ExecOptions): Promise<ExecResult> {
    const mode = this.record.sudo ?? "auto";
    const probe = await this.probe();
    const asRoot = mode === "always" || (mode === "auto" && probe.uid !== 0 && probe.socket === "refused");
    if (asRoot) return this.sudo(command, probe, options);
    const result = await this.exec(plainArgv(command), options);
    if (probe.uid === 0 || !lacksRights(result)) return this.installed(probe, result);
    if (mode === "auto") return this.sudo(command, probe, options);
    throw noRights(this.peer, command, `${result.stderr.trim()}, and sudo is set to never`);
  }

  /**
   * Opens OVSDB: its socket through the connection; if that is refused, `ovsdb-client` as a command. It waits for the
   * probe instead of running beside it: when two channels were requested at once, the second was open 40 ms later in
   * two logins of five, because OpenSSH's server then waits for an acknowledgement (Nagle's algorithm). Errors:
   * `no-ovs`, `no-rights`.
   */
  async openOvsdb(): Promise<OvsdbChannel> {
    const probe = await this.probe();
    const path = socketIn(probe.rundir);
    if (probe.socket === "missing") {
      // Open vSwitch may be started while the connection lasts.
      this.probing = undefined;
      throw this.noOvs(probe);
    }
    if (probe.socket === "writable") {
      try {
        return { kind: "stream", stream: await this.openSocket(path) };
      } catch (error) {
        if (!(error instanceof TaasError && error.code === "socket-refused")) throw error;
      }
    } else if (this.record.sudo === "never") {
      throw noRights(this.peer, path, "permission denied, and sudo is set to never");
    }
    return {
      kind: "tool",
      transact: ovsdbTool(path, this.peer, this.parts.settings, (argv, options) => this.run(argv, options)),
    };
  }

  /** Opens a bridge's management socket as the login user; undefined if its rules have to be written with sudo. */
  async openSwitch(bridge: string): Promise<Duplex | undefined> {
    const { rundir, socket } = await this.probe();
    if (socket !== "writable" || this.record.sudo === "always") return undefined;
    return this.openSocket(`${rundir}/${bridge}.mgmt`);
  }

  /** Probes the host: login user, run directory, socket. The result is kept until OVSDB is wanted and not there. */
  probe(): Promise<HostProbe> {
    this.probing ??= this.exec(PROBE_ARGV)
      .then((result) => parseProbe(result, this.peer))
      .catch((error) => {
        this.probing = undefined;
        throw error;
      });
    return this.probing;
  }

  private async sudo(command: Command, probe: HostProbe, options?: ExecOptions): Promise<ExecResult> {
    const result = await this.exec(sudoArgv(command, probe.rundir), options);
    const refusal = sudoRefusal(result);
    if (refusal !== undefined) throw noRights(this.peer, command, refusal);
    return this.installed(probe, result);
  }

  /** The result; throws `no-ovs` if a tool of Open vSwitch was not found. */
  private installed({ socket }: HostProbe, result: ExecResult): ExecResult {
    const tool = result.exitCode === 0 ? undefined : missingTool(result.stderr);
    if (tool === undefined) return result;
    const runs = socket !== "missing";
    throw new TaasError(
      `${this.peer.where} has no ${tool}${runs ? ", although Open vSwitch runs there" : ""}`,
      {
        code: "no-ovs",
        host: this.peer.name,
        hint: runs ? INSTALL_TOOLS : INSTALL,
      },
    );
  }

  private noOvs(probe: HostProbe): TaasError {
    const { where, name } = this.peer;
    if (!probe.installed) {
      return new TaasError(`Open vSwitch is not installed on ${where}`, {
        code: "no-ovs",
        host: name,
        hint: INSTALL,
      });
    }
    return new TaasError(`ovsdb-server does not run on ${where}: there is no ${socketIn(probe.rundir)}`, {
      code: "no-ovs",
      host: name,
      hint: "Start openvswitch-switch (Debian, Ubuntu) or openvswitch (Fedora, RHEL) there",
    });
  }

  private named<T>(promise: Promise<T>): Promise<T> {
    return promise.catch((error) => {
      throw underName(error, this.record.name);
    });
  }
}

function socketIn(rundir: string): string {
  return `${rundir}/db.sock`;
}

/** The tool of Open vSwitch that a shell, sudo or env did not find. */
function missingTool(stderr: string): string | undefined {
  const [, byShell, byEnv] =
    /\b(ovs[\w-]*): (?:command )?not found|^env: .(ovs[\w-]*).: No such file/m.exec(stderr) ?? [];
  return byShell ?? byEnv;
}

const INSTALL_TOOLS =
  "If Open vSwitch runs in a container, the host's PATH needs its tools too (ovs-vsctl, ovs-ofctl, ovsdb-client). Install them there in the same release, or install scripts of these names that run them in the container. Without them, rateLimit, statistics and rules on foreign bridges are not available";

const INSTALL = "Install Open vSwitch there, or name the right host";
