import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ConsoleError } from "../../api/error";
import { consoleError, Refusal } from "../refusal";
import { logUnexpected } from "../unexpected";
import { guard, HEADERS, type Origins } from "./guard";
import { jsonText } from "./jsonText";

/** A request that has passed the guard. */
export interface Request {
  method: "GET" | "POST";
  path: string;
  query: URLSearchParams;
  incoming: IncomingMessage;
  response: ServerResponse;
}

/** A reply: JSON, a file, or a redirect; `stream`: the handler writes it itself. */
export type Reply =
  | { json: unknown }
  | { type: string; content: Buffer | string; headers?: Record<string, string>; status?: number }
  | { location: string; cookie?: string }
  | "stream";

/** Handles a request; an error that it throws becomes the reply. */
export type Handler = (request: Request) => Promise<Reply>;

/** A server that guards and answers each request. */
export function createHttpServer(handle: Handler, origins: () => Origins): Server {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 10_000 });
  server.on("request", (incoming, response) => void answer(handle, origins(), incoming, response));
  return server;
}

async function answer(
  handle: Handler,
  origins: Origins,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  try {
    const { method = "", url = "/", headers } = incoming;
    const [path, query] = [url.split("?")[0]!, url.split("?").slice(1).join("?")];
    guard({ method, path, headers }, origins);
    const request = { path, query: new URLSearchParams(query), incoming, response };
    const reply = await handle({ ...request, method: method === "POST" ? "POST" : "GET" });
    if (reply !== "stream") send(response, reply);
  } catch (error) {
    refuse(response, error);
  }
}

function send(response: ServerResponse, reply: Exclude<Reply, "stream">): void {
  if ("location" in reply) {
    const cookie = reply.cookie === undefined ? {} : { "set-cookie": reply.cookie };
    response.writeHead(303, { location: reply.location, ...cookie }).end();
  } else if ("json" in reply) {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
    response.end(jsonText(reply.json));
  } else {
    const { type, content, headers = {}, status = 200 } = reply;
    response.writeHead(status, { "content-type": type, ...headers }).end(content);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const status = error instanceof Refusal ? error.status : 500;
  const body: ConsoleError = consoleError(error);
  const unknown = error instanceof Refusal ? error.cause : error;
  if (unknown !== undefined) logUnexpected(unknown);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // The rest of the request's body is not read.
  response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(jsonText(body));
}
