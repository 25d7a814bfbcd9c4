import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, BlockList, isIP } from "node:net";
import { hostname } from "node:os";

/** What is served at `/metrics`. */
export interface Page {
  contentType: string;
  text(): Promise<string>;
}

/** Where a server listens. */
export interface Endpoint {
  host: string;
  port: number;
  /** Names that it has besides the host, this machine's own name and `localhost`; default: none. */
  names?: readonly string[];
}

/**
 * Serves a page at `/metrics` until the signal is aborted. `listening` is called with the address. Requests that arrive
 * while the page is being rendered share it. A request on a loopback interface for a name that the server does not have
 * is refused. Rejects if it cannot listen.
 */
export async function serve(
  page: Page,
  { host, port, names = [] }: Endpoint,
  { signal, listening }: { signal: AbortSignal; listening(url: string): void },
): Promise<void> {
  const own = new Set([host, hostname(), "localhost", ...names].map(plainName));
  let making: Promise<string> | undefined;
  const make = () => {
    making ??= page.text().finally(() => {
      making = undefined;
    });
    return making;
  };
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (isRebound(request, own)) answer(response, 421, WRONG_NAME);
    else if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, "GET only\n");
    else if (path === "/metrics") void answerWith(response, page.contentType, make());
    else answer(response, path === "/" ? 200 : 404, "pulumi-taas: the metrics are at /metrics\n");
  });
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address() as AddressInfo;
  listening(`http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`);
  if (!signal.aborted) await once(signal, "abort");
  server.close();
  server.closeAllConnections();
}

const WRONG_NAME = "this server does not have that name: if it should, start it with --name NAME\n";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a request may be one of a page in a browser on this machine, whose site's name has been made to lead here
 * (DNS rebinding). Such a request has that name; an address cannot be made to lead elsewhere. `own`: the names of the
 * server.
 */
function isRebound({ headers, socket }: IncomingMessage, own: ReadonlySet<string>): boolean {
  const { localAddress = "", localFamily } = socket;
  if (!LOOPBACK.check(localAddress, localFamily === "IPv6" ? "ipv6" : "ipv4")) return false;
  const { host = "" } = headers;
  if (host === "") return false;
  const [, address, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  if (isIP(address ?? name ?? "") !== 0) return false;
  return name === undefined || !own.has(plainName(name));
}

/** A name in lower case, without the dot that a full name may end with. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

async function answerWith(response: ServerResponse, contentType: string, text: Promise<string>) {
  try {
    answer(response, 200, await text, contentType);
  } catch (error) {
    answer(response, 500, `${(error as Error).message}\n`);
  }
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8") {
  response.writeHead(status, { "content-type": type, "x-content-type-options": "nosniff" }).end(text);
}
