import type { IncomingHttpHeaders } from "node:http";
import { Refusal } from "../refusal";

/** Where the page may come from, and the names of the server. */
export interface Origins {
  /** Values of `Host`, in lower case: `127.0.0.1:8080`. */
  hosts: ReadonlySet<string>;
  /** Values of `Origin`: `http://127.0.0.1:8080`. */
  origins: ReadonlySet<string>;
}

/** The names of a server on this machine's loopback interface, and of the proxy in front of it, if any. */
export function originsOf(port: number, publicUrl: URL | undefined): Origins {
  const loopback = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const outside = publicUrl === undefined ? [] : [publicUrl];
  return {
    hosts: new Set([...loopback, ...outside.map(({ host }) => host)]),
    origins: new Set([...loopback.map((host) => `http://${host}`), ...outside.map(({ origin }) => origin)]),
  };
}

/** The headers of all replies: nothing from other origins, nothing inline, not in a frame, not cached. */
export const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** The most bytes of a request's body. */
export const LARGEST_BODY = 64 * 1024;

/** The parts of a request that identify its origin. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

/**
 * Refuses what the page itself never sends: another name for this server (a rebound DNS name), another origin, another
 * site, a form, another method. Listening on loopback only does not protect: any page in the operator's browser can
 * send requests there.
 */
export function guard({ method, path, headers }: Asked, { hosts, origins }: Origins): void {
  if (!hosts.has((headers.host ?? "").toLowerCase()))
    throw refused(421, "wrong-host", "this server does not have that name");
  // HEAD is answered as GET is, but for the body: it may have no effect, nor begin a stream that nobody reads.
  const isFile = !path.startsWith("/api/") && path !== "/login";
  if (method !== "GET" && method !== "POST" && !(method === "HEAD" && isFile))
    throw refused(405, "wrong-method", "only GET and POST are known here");
  const { origin } = headers;
  if (origin !== undefined && !origins.has(origin))
    throw refused(403, "wrong-origin", "requests from other pages are refused");
  const site = headers["sec-fetch-site"];
  const isPage = method !== "POST" && !path.startsWith("/api/");
  // A link to the page may be anywhere; what the page then loads is its own.
  const isNavigation = isPage && headers["sec-fetch-mode"] === "navigate";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isNavigation)
    throw refused(403, "wrong-origin", "requests from other sites are refused");
  if (method !== "POST") return;
  if (origin === undefined)
    throw refused(403, "wrong-origin", "a request that changes something must name its origin");
  if (!/^application\/json(; *charset=utf-8)?$/i.test(headers["content-type"] ?? ""))
    throw refused(415, "wrong-content-type", "requests must be JSON");
}

function refused(status: number, code: string, message: string): Refusal {
  return new Refusal(status, { code, message });
}
