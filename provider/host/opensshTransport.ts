import { setMaxListeners } from "node:events";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { deadlineIn } from "./deadline";
import { describeEndpoint, type Endpoint } from "./endpoint";
import {
  connectionLost,
  connectTimeout,
  describeCommand,
  operationTimeout,
  outputTooLarge,
  type Peer,
  socketRefused,
} from "./failures";
import { frameCommand, LOGIN_LINE } from "./frame";
import type { ConnectionSettings, HostRecord } from "./host";
import { isDropped } from "./openssh/explain";
import { type Master, startMaster } from "./openssh/master";
import { createWorkDir, type WorkDir } from "./openssh/workDir";
import { MAX_OUTPUT } from "./output";
import { isPlainPath } from "./plainPath";
import { type ProcessOutcome, runProcess } from "./process";
import { sshOptions } from "./resolve";
import { retryWithJitter } from "./retry";
import { SessionRefused, Sessions } from "./sessions";
import type { Connection, ExecOptions, ExecResult } from "./transport";

/**
 * The machine's own `ssh`, for what the built-in client cannot do: certificates, hardware keys, `ProxyCommand`. One
 * master process holds the connection, and every command and socket uses it.
 */
export class OpensshTransport implements Connection {
  private readonly ending = new AbortController();
  private readonly sessions: Sessions;
  private readonly forwards = new Map<string, Promise<string>>();
  /** The number of local sockets so far, which gives each its own name. */
  private created = 0;

  private constructor(
    private readonly master: Master,
    private readonly workDir: WorkDir,
    private readonly address: string,
    private readonly peer: Peer,
    private readonly settings: ConnectionSettings,
  ) {
    this.sessions = new Sessions(peer);
    setMaxListeners(0, this.lost);
    void master.ended.then((stderr) => {
      this.ending.abort(connectionLost(peer, stderr.trim() || "ssh ended"));
      return workDir.remove();
    });
  }

  /** Connects within `connectTimeout`; a server that drops connections before the handshake is retried within it. */
  static async open(
    record: HostRecord,
    endpoint: Endpoint,
    settings: ConnectionSettings,
  ): Promise<OpensshTransport> {
    const peer = { name: endpoint.name, where: describeEndpoint(endpoint) };
    const workDir = await createWorkDir(endpoint, settings);
    const deadline = deadlineIn(settings.connectTimeout * 1000, () =>
      connectTimeout(peer, settings.connectTimeout),
    );
    const control = ["-S", workDir.control, "-o", "ControlPersist=no"];
    const argv = [
      "-F",
      workDir.config,
      ...control,
      ...workDir.options,
      ...sshOptions(record),
      "-T",
      record.address,
    ];
    try {
      const start = () => startMaster(argv, endpoint, deadline.signal);
      const master = await retryWithJitter(start, isDropped, deadline.signal);
      return new OpensshTransport(master, workDir, record.address, peer, settings);
    } catch (error) {
      await workDir.remove();
      throw error;
    } finally {
      deadline.clear();
    }
  }

  get lost(): AbortSignal {
    return this.ending.signal;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const framed = frameCommand(argv, this.peer);
    const input = framed.header + (options.input ?? "");
    const timeoutMs = options.timeoutMs ?? this.settings.operationTimeout * 1000;
    const outcome = await this.sessions.run(() => this.inSession({ input, timeoutMs }));
    switch (outcome.kind) {
      case "exited":
        if (outcome.result.exitCode === 255) await this.rejectIfLost();
        return framed.resultOf(outcome.result);
      case "timeout":
        throw operationTimeout(this.peer, describeCommand(argv), timeoutMs);
      case "too-large":
        throw outputTooLarge(this.peer, describeCommand(argv), MAX_OUTPUT);
      case "aborted":
        throw this.lost.reason;
      default:
        throw connectionLost(this.peer, `ssh cannot be started (${outcome.kind})`);
    }
  }

  private async inSession(process: { input: string; timeoutMs: number }) {
    const outcome = await this.ssh([], [LOGIN_LINE], process);
    const refusal = outcome.kind === "exited" && outcome.result.exitCode === 255 ? outcome.result.stderr : "";
    if (/^mux_client_request_session: session request failed/m.test(refusal))
      throw new SessionRefused(refusal.trim());
    return outcome;
  }

  /**
   * A forwarded socket accepts a stream before it connects to the far end. A command over the same connection then
   * establishes the order: after it, a refused stream is closed.
   */
  async openSocket(path: string): Promise<Duplex> {
    const socket = await connect(await this.forward(path));
    let closed = false;
    const onClose = () => {
      closed = true;
    };
    socket.on("error", onClose).on("close", onClose).on("end", onClose);
    await this.exec(["true"]);
    if (closed) throw socketRefused(this.peer, path, "the server closed the stream");
    socket.off("error", onClose).off("close", onClose).off("end", onClose);
    return socket;
  }

  async close(): Promise<void> {
    this.ending.abort(connectionLost(this.peer, "it was closed"));
    this.master.stop();
    await this.master.ended;
    await this.workDir.remove();
  }

  /** A local socket that is forwarded to the remote one; created once for each, and again after a failure. */
  private forward(path: string): Promise<string> {
    const present = this.forwards.get(path);
    if (present !== undefined) return present;
    const creating = this.createForward(path);
    this.forwards.set(path, creating);
    creating.catch(() => this.forwards.delete(path));
    return creating;
  }

  private async createForward(path: string): Promise<string> {
    if (!isPlainPath(path))
      throw socketRefused(this.peer, path, "its path is not one that ssh leaves unchanged");
    this.created += 1;
    const local = join(this.workDir.path, `s${this.created}`);
    const timeoutMs = this.settings.connectTimeout * 1000;
    const outcome = await this.ssh(["-O", "forward", "-L", `${local}:${path}`], [], { timeoutMs });
    if (outcome.kind === "exited" && outcome.result.exitCode === 0) return local;
    const why = outcome.kind === "exited" ? outcome.result.stderr.trim() : outcome.kind;
    throw socketRefused(this.peer, path, why);
  }

  /**
   * Runs `ssh` on the master's connection and on no other: without the proxy command, it would open its own connection
   * if the master has just ended. Only the master reads the user's configuration, and the only variable that is set is
   * `PATH`, so that no text chosen by a host can expand to another.
   */
  private async ssh(
    words: readonly string[],
    command: readonly string[],
    options: { input?: string | undefined; timeoutMs: number },
  ): Promise<ProcessOutcome> {
    const environment = { PATH: process.env.PATH, LC_ALL: "C" };
    const through = [
      "-F",
      "/dev/null",
      "-S",
      this.workDir.control,
      "-o",
      "ControlMaster=no",
      "-o",
      "ProxyCommand=false",
    ];
    const argv = [...through, "-o", "LogLevel=ERROR", "-T", ...words, this.address, ...command];
    return runProcess("ssh", argv, { ...options, signal: this.lost, environment });
  }

  /** `ssh` exits with 255 if the connection breaks; the master then ends at the same time. */
  private async rejectIfLost(): Promise<void> {
    const check = await this.ssh(["-O", "check"], [], { timeoutMs: 2000 });
    if (check.kind === "exited" && check.result.exitCode === 0) return;
    this.lost.throwIfAborted();
    throw connectionLost(this.peer, "ssh ended");
  }
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
