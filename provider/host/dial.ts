import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TaasError } from "../errors";
import { describeEndpoint, type Endpoint } from "./endpoint";
import { unreachable } from "./failures";

/** Milliseconds between two attempts, as in OpenSSH's client (ssh_config(5), ConnectionAttempts). */
const PAUSE = 1000;

/**
 * Opens the TCP connection to a server, in as many attempts as `ConnectionAttempts` of the ssh configuration says
 * (default 1). Rejects with `unreachable`, whose message says what went wrong, and when the signal is aborted.
 */
export async function dial(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  const said = new Map(endpoint.config).get("connectionattempts")?.[0];
  for (let left = Number(said ?? 1); ; left--) {
    try {
      return await connect(endpoint, signal);
    } catch (error) {
      if (!(left > 1) || signal.aborted) throw error;
      await sleep(PAUSE, undefined, { signal }).catch(() => Promise.reject(error));
    }
  }
}

function connect(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
  const { hostname, port, addressFamily, bindAddress } = endpoint;
  return new Promise((resolve, reject) => {
    const socket = createConnection({
      host: hostname,
      port,
      family: addressFamily,
      noDelay: true,
      ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
    });
    const give = (error: TaasError) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => give(signal.reason as TaasError);
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.removeAllListeners();
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => give(dialError(endpoint, error)));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function dialError(endpoint: Endpoint, error: NodeJS.ErrnoException): TaasError {
  const peer = { name: endpoint.name, where: describeEndpoint(endpoint) };
  const { why, hint } = CAUSES[error.code ?? ""] ?? { why: error.message || String(error.code), hint: ROUTE };
  return unreachable(peer, why, hint, error);
}

const ROUTE = "Check the network between this machine and the host, and its firewall";
const NAME = "Check the address, or set HostName for it in the ssh configuration";

const CAUSES: Record<string, { why: string; hint: string }> = {
  ENOTFOUND: { why: "the name does not resolve (DNS)", hint: NAME },
  EAI_AGAIN: {
    why: "the name cannot be resolved at the moment (DNS)",
    hint: "Check this machine's name servers",
  },
  ECONNREFUSED: { why: "the connection was refused", hint: "Check that sshd runs there, and the port" },
  ETIMEDOUT: { why: "no answer (time-out)", hint: ROUTE },
  EHOSTUNREACH: { why: "no route to the host", hint: ROUTE },
  ENETUNREACH: { why: "the network is unreachable", hint: ROUTE },
  ECONNRESET: { why: "the connection was reset", hint: ROUTE },
};
