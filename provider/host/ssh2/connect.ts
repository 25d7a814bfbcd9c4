import type { Duplex } from "node:stream";
import type { Algorithms } from "ssh2";
import { Client } from "ssh2";
import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint } from "../endpoint";
import { unreachable } from "../failures";
import { keyTypeOf } from "../knownHosts/algorithms";
import { keyType } from "../knownHosts/parse";
import type { HostKeyPolicy } from "../knownHosts/policy";
import { usableAlgorithms } from "./algorithms";
import { boundStream, Misbehaved } from "./bounds";
import { coalesceWrites } from "./coalesce";
import { type Login, prepareLogin } from "./login";

/** A failure before the server answered: an overloaded server (MaxStartups) may answer the next time. */
export class DroppedBeforeHandshake extends TaasError {}

/** The limits of a connection. */
export interface ClientLimits {
  /** Aborts the attempt to connect. */
  signal: AbortSignal;
  /** Milliseconds between keepalives; after three without an answer the connection counts as lost. */
  keepaliveMs: number;
}

/**
 * Establishes the SSH connection to a server: key exchange, host key check, login. `open` returns the stream to it, and
 * may be called again. Rejects with `host-key-*`, `needs-openssh`, `auth-failed` or `unreachable`; if the signal is
 * aborted, with its reason.
 */
export async function connectClient(
  endpoint: Endpoint,
  policy: HostKeyPolicy,
  open: () => Promise<Duplex>,
  { signal, keepaliveMs }: ClientLimits,
): Promise<Client> {
  let { algorithms } = policy;
  let firstRefusal: TaasError | undefined;
  for (;;) {
    const attempt = {
      endpoint,
      policy,
      algorithms,
      signal,
      keepaliveMs,
      login: await prepareLogin(endpoint),
    };
    try {
      return await handshake(attempt, await open());
    } catch (error) {
      const shown = error instanceof RefusedKey ? error.keyType : undefined;
      if (firstRefusal !== undefined && shown === undefined) throw firstRefusal;
      if (!(error instanceof RefusedKey)) throw error;
      firstRefusal ??= error.refusal;
      algorithms = algorithms.filter((name) => keyTypeOf(name) !== shown);
      if (!policy.typeUnknown || algorithms.length === 0) throw firstRefusal;
    }
  }
}

interface Attempt {
  endpoint: Endpoint;
  policy: HostKeyPolicy;
  algorithms: string[];
  signal: AbortSignal;
  keepaliveMs: number;
  login: Login;
}

class RefusedKey extends Error {
  constructor(
    readonly refusal: TaasError,
    readonly keyType: string | undefined,
  ) {
    super(refusal.message);
  }
}

function handshake(attempt: Attempt, stream: Duplex): Promise<Client> {
  const { endpoint, policy, signal, login } = attempt;
  const client = new Client();
  return new Promise<Client>((resolve, reject) => {
    let stage: "greeting" | "login" = "greeting";
    let refused: RefusedKey | undefined;
    const give = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
      client.destroy();
      stream.destroy();
    };
    const onAbort = () => give(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("handshake", () => {
      stage = "login";
    });
    client.on("error", (error: SshError) => {
      if (error.level === "agent") login.note(`the agent failed: ${error.message}`);
      else give(refused ?? explain(attempt, stage, error));
    });
    client.on("close", () =>
      give(refused ?? explain(attempt, stage, new Error("the server closed the connection"))),
    );
    const bounds = boundStream(stream, (error) => {
      client.emit("error", error);
      client.destroy();
    });
    client.once("ready", () => {
      bounds.loggedIn(() => putOffKeepalive(client));
      signal.removeEventListener("abort", onAbort);
      resolve(client);
    });
    coalesceWrites(stream);
    client.connect({
      sock: stream as never,
      username: endpoint.user,
      readyTimeout: 0,
      keepaliveInterval: attempt.keepaliveMs,
      algorithms: offerOf(attempt),
      hostVerifier: (blob: Buffer) => {
        const refusal = policy.judge(blob);
        if (refusal !== undefined) refused = new RefusedKey(refusal, keyType(blob));
        return refusal === undefined;
      },
      authHandler: login.handler,
      strictVendor: false,
    });
    if (signal.aborted) onAbort();
  });
}

/**
 * Restarts the time until the next keepalive. The library counts only an answer as a sign of life. Over a slow
 * connection, answers wait behind other data although data arrives all the time. There is no public way to tell it so.
 */
function putOffKeepalive(client: Client): void {
  (client as Client & { _resetKA?: () => void })._resetKA?.();
}

/** The algorithms that the client offers. Throws `needs-openssh` if the configuration leaves none. */
function offerOf({ endpoint, algorithms }: Attempt): Algorithms {
  return {
    serverHostKey: algorithms,
    kex: usableAlgorithms(endpoint, "KexAlgorithms"),
    cipher: usableAlgorithms(endpoint, "Ciphers"),
    hmac: usableAlgorithms(endpoint, "MACs"),
  } as Algorithms;
}

/**
 * In an error of ssh2, `level` says where it comes from, and `code` is the number of a disconnect message (RFC 4253,
 * 11.1).
 */
interface SshError extends Error {
  level?: string;
  code?: string | number;
}

function explain({ endpoint, login }: Attempt, stage: "greeting" | "login", error: SshError): TaasError {
  const where = describeEndpoint(endpoint);
  if (error.level === "client-authentication" || /authentication|auth fail/i.test(error.message)) {
    return login.failure(error);
  }
  if (/no matching/i.test(error.message)) {
    return new TaasError(
      `${where} and the built-in SSH client have no algorithm in common: ${error.message}`,
      {
        code: "needs-openssh",
        host: endpoint.name,
        hint: 'Set transport: "openssh" on the host',
        cause: error,
      },
    );
  }
  if (error instanceof Misbehaved)
    return unreachable({ name: endpoint.name, where }, error.message, "It may not be an SSH server", error);
  if (stage === "greeting" || error.code === "ECONNRESET" || error.code === "EPIPE") {
    return new DroppedBeforeHandshake(`cannot reach ${where}: ${error.message}`, {
      code: "unreachable",
      host: endpoint.name,
      hint: "Its sshd may have too many connections at once (MaxStartups, PerSourceMaxStartups), or it is not an SSH server",
      cause: error,
    });
  }
  return unreachable({ name: endpoint.name, where }, error.message, "See the log of its sshd", error);
}
