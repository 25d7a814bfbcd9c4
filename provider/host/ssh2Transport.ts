import { once, setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "ssh2";
import type { TaasError } from "../errors";
import { deadlineIn } from "./deadline";
import { dial } from "./dial";
import { describeEndpoint, type Endpoint } from "./endpoint";
import {
  connectionLost,
  connectTimeout,
  operationTimeout,
  type Peer,
  socketRefused,
  unreachable,
} from "./failures";
import type { ConnectionSettings } from "./host";
import { hostKeyPolicy } from "./knownHosts/policy";
import { retryWithJitter } from "./retry";
import { Sessions } from "./sessions";
import { boundChannel } from "./ssh2/bounds";
import { connectClient, DroppedBeforeHandshake } from "./ssh2/connect";
import { execInSession } from "./ssh2/exec";
import { refuseUnsupported } from "./ssh2/unsupported";
import type { Connection, ExecOptions, ExecResult } from "./transport";

/** Milliseconds that a server gets to answer a disconnect. */
const CLOSE_LIMIT = 500;

type OnChannel = (error: Error | undefined, channel: Duplex) => void;

/** The built-in SSH client on one connection. Jump hosts are connections of their own, passed as `through`. */
export class Ssh2Transport implements Connection {
  private readonly ending = new AbortController();
  private readonly sessions: Sessions;
  private readonly peer: Peer;

  private constructor(
    private readonly client: Client,
    endpoint: Endpoint,
    private readonly settings: ConnectionSettings,
  ) {
    this.peer = { name: endpoint.name, where: describeEndpoint(endpoint) };
    this.sessions = new Sessions(this.peer);
    setMaxListeners(0, this.lost);
    let why = "the server closed it";
    client.on("error", (error) => {
      why = error.message;
    });
    client.on("close", () => this.end(connectionLost(this.peer, why)));
  }

  /**
   * Connects within `connectTimeout`; a server that drops connections before the handshake (MaxStartups) is retried
   * within it. A refused login or host key is final.
   */
  static async open(
    endpoint: Endpoint,
    settings: ConnectionSettings,
    through?: Ssh2Transport,
  ): Promise<Ssh2Transport> {
    refuseUnsupported(endpoint);
    const peer = { name: endpoint.name, where: describeEndpoint(endpoint) };
    const policy = await hostKeyPolicy(endpoint);
    const deadline = deadlineIn(settings.connectTimeout * 1000, () =>
      connectTimeout(peer, settings.connectTimeout),
    );
    const { signal } = deadline;
    const keepaliveMs = (settings.connectTimeout * 1000) / 3;
    const open = () => (through === undefined ? dial(endpoint, signal) : through.forward(endpoint, signal));
    try {
      const connect = () => connectClient(endpoint, policy, open, { signal, keepaliveMs });
      return new Ssh2Transport(await retryWithJitter(connect, isDropped, signal), endpoint, settings);
    } finally {
      deadline.clear();
    }
  }

  get lost(): AbortSignal {
    return this.ending.signal;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const timeoutMs = options.timeoutMs ?? this.settings.operationTimeout * 1000;
    const command = { argv, input: options.input, timeoutMs, peer: this.peer, lost: this.lost };
    return this.sessions.run(() => execInSession(this.client, command));
  }

  async openSocket(path: string): Promise<Duplex> {
    const limit = this.settings.connectTimeout * 1000;
    const deadline = deadlineIn(limit, () =>
      operationTimeout(this.peer, `opening the socket ${path}`, limit),
    );
    const start = (callback: OnChannel) => this.client.openssh_forwardOutStreamLocal(path, callback);
    const refused = (error: Error) => socketRefused(this.peer, path, error.message, error);
    try {
      return this.tie(await this.openChannel(start, refused, deadline.signal));
    } finally {
      deadline.clear();
    }
  }

  /** Opens a TCP stream from this server to the next one. */
  private forward(endpoint: Endpoint, signal: AbortSignal): Promise<Duplex> {
    const { name, hostname, port } = endpoint;
    const start = (callback: OnChannel) => this.client.forwardOut("127.0.0.1", 0, hostname, port, callback);
    const hint =
      "Check address and port as seen from the jump host, and AllowTcpForwarding in its sshd_config";
    const refused = (error: Error) =>
      unreachable(
        { name, where: describeEndpoint(endpoint) },
        `the jump host says "${error.message}"`,
        hint,
        error,
      );
    return this.openChannel(start, refused, signal);
  }

  private openChannel(
    start: (callback: OnChannel) => void,
    refused: (error: Error) => TaasError,
    signal: AbortSignal,
  ): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const given = AbortSignal.any([signal, this.lost]);
      const onAbort = () => reject(given.reason);
      if (given.aborted) return onAbort();
      given.addEventListener("abort", onAbort, { once: true });
      try {
        start((error, channel) => {
          given.removeEventListener("abort", onAbort);
          if (given.aborted) channel?.destroy();
          else if (error) reject(refused(error));
          else {
            boundChannel(this.client, channel);
            resolve(channel);
          }
        });
      } catch (error) {
        reject(connectionLost(this.peer, (error as Error).message, error));
      }
    });
  }

  /** A stream reports the loss of its connection to its listeners, as a `net.Socket` does. */
  private tie(channel: Duplex): Duplex {
    const onLost = () => {
      if (channel.listenerCount("error") > 0) channel.emit("error", this.lost.reason);
    };
    this.lost.addEventListener("abort", onLost, { once: true });
    channel.once("close", () => this.lost.removeEventListener("abort", onLost));
    return channel;
  }

  async close(): Promise<void> {
    if (this.lost.aborted) return;
    const closed = once(this.client, "close");
    this.end(connectionLost(this.peer, "it was closed"));
    await Promise.race([closed, sleep(CLOSE_LIMIT, undefined, { ref: false })]);
  }

  private end(reason: TaasError): void {
    if (this.lost.aborted) return;
    this.ending.abort(reason);
    this.client.end();
    setTimeout(() => this.client.destroy(), CLOSE_LIMIT).unref();
  }
}

function isDropped(error: unknown): boolean {
  return error instanceof DroppedBeforeHandshake;
}
