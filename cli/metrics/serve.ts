import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is served at `/metrics`. */
export interface Page {
  contentType: string;
  text(): Promise<string>;
}

/** Where a server listens. */
export interface Endpoint {
  host: string;
  port: number;
}

/**
 * Serves a page at `/metrics` until the signal is aborted. `listening` is called with the address. Requests that arrive
 * while the page is being rendered share it. Rejects if it cannot listen.
 */
export async function serve(
  page: Page,
  { host, port }: Endpoint,
  { signal, listening }: { signal: AbortSignal; listening(url: string): void },
): Promise<void> {
  let making: Promise<string> | undefined;
  const make = () => {
    making ??= page.text().finally(() => {
      making = undefined;
    });
    return making;
  };
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, "GET only\n");
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
