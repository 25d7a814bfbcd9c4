import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Change, Preview } from "../../console/api/changes";
import type { ConsoleError } from "../../console/api/error";
import type { Event, TapEvent } from "../../console/api/events";
import type { NewTapFacts, Vm } from "../../console/api/ports";
import type { Tap } from "../../console/api/rows";
import type { Session } from "../../console/api/session";

type Snapshot = Extract<Event, { type: "snapshot" }>;

/** All that a console says, as values: what each test sets up. */
export interface World {
  session: Session | ConsoleError;
  /** Undefined: nothing has been sent yet. */
  snapshot: Snapshot | undefined;
  taps: Record<string, Tap | ConsoleError>;
  ports: Record<string, Vm[]>;
  facts: NewTapFacts;
  /** What matches on each host, whatever is asked for. */
  selections: Record<string, NewTapFacts>;
  previews: Record<string, Preview>;
  changes: Record<string, Change>;
  /** What is answered to each POST, by path; a function gets what was sent, and may answer later. */
  posts: Record<string, unknown | ((body: unknown) => unknown)>;
}

/** The policy that the console's own server has. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
};
const PAGE = join(__dirname, "../../console");

function isError(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "code" in answer && "message" in answer;
}

/** The page on a server that says what a test wants, without hosts: for screens, states and sizes. */
export class FakeConsole {
  readonly origin: string;
  /** What was posted, in order. */
  readonly posted: { path: string; body: unknown }[] = [];
  /** What was read, in order, each with its query; streams, also those that were refused, too. */
  readonly asked: string[] = [];
  /** How many streams are refused from now on, as a proxy does whose console is not there. */
  refusals = 0;
  /** Open streams, each with what was asked for. */
  private readonly streams = new Map<ServerResponse, URLSearchParams>();
  private readonly changes = new EventEmitter();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    public world: World,
  ) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(world: World): Promise<FakeConsole> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeConsole(server, world);
    server.on("request", (request, response) => fake.answer(request, response));
    return fake;
  }

  /** Tells every page that is open. */
  send(event: Event): void {
    for (const stream of this.streams.keys()) stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Tells every page that shows one tap. */
  sendTap(event: TapEvent): void {
    for (const [stream, asked] of this.streams)
      if (asked.has("tap")) stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Resolves once so many streams are open. */
  async streamsAre(count: number): Promise<void> {
    while (this.streams.size !== count) await once(this.changes, "streams");
  }

  /** Resolves once a stream with frames is open. */
  async isWatched(): Promise<void> {
    while (![...this.streams.values()].some((asked) => asked.has("watch")))
      await once(this.changes, "streams");
  }

  /** Breaks all streams; pages open them again. */
  cut(): void {
    for (const stream of this.streams.keys()) stream.destroy();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams } = new URL(request.url!, this.origin);
    response.setHeader("content-security-policy", POLICY);
    if (path.startsWith("/api/") && request.method === "GET") this.asked.push(request.url!);
    if (path === "/api/events") this.stream(response, searchParams);
    else if (request.method === "POST") void this.post(path, request, response);
    else if (path.startsWith("/api/")) json(response, this.read(path));
    else {
      const file = TYPES[extname(path)] === undefined ? "/index.html" : path;
      response.setHeader("content-type", TYPES[extname(file)]!);
      response.end(readFileSync(join(PAGE, file)));
    }
  }

  private stream(response: ServerResponse, asked: URLSearchParams): void {
    const { snapshot, session } = this.world;
    if (this.refusals > 0 || isError(session)) {
      this.refusals -= 1;
      response.writeHead(isError(session) ? 401 : 502).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    // What breaks is opened again at once.
    response.write("retry: 1\n\n");
    if (snapshot !== undefined) response.write(`data: ${JSON.stringify(snapshot)}\n\n`);
    this.streams.set(response, asked);
    this.changes.emit("streams");
    response.on("close", () => {
      this.streams.delete(response);
      this.changes.emit("streams");
    });
  }

  private read(path: string): unknown {
    const { session, taps, ports, facts, selections, previews, changes } = this.world;
    const [, , folder, id = "", part] = path.split("/").map(decodeURIComponent);
    const missing: ConsoleError = { code: "not-found", message: `there is no ${folder} ${id}` };
    switch (folder) {
      case "session":
        return session;
      case "taps":
        return own(taps, id) ?? missing;
      case "hosts":
        if (part === "selection") return own(selections, id) ?? missing;
        return path.endsWith("/facts") ? facts : part === "ports" ? (own(ports, id) ?? []) : missing;
      case "previews":
        return own(previews, id) ?? missing;
      case "changes":
        return own(changes, id) ?? missing;
      default:
        return missing;
    }
  }

  private async post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body: unknown = JSON.parse(text);
    this.posted.push({ path, body });
    const answer = this.world.posts[path] ?? { code: "not-found", message: `nothing is at ${path}` };
    json(
      response,
      typeof answer === "function" ? await (answer as (body: unknown) => unknown)(body) : answer,
    );
  }
}

function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function json(response: ServerResponse, answer: unknown): void {
  const unauthorised = isError(answer) && (answer as ConsoleError).code === "unauthorized";
  response.writeHead(unauthorised ? 401 : isError(answer) ? 422 : 200, {
    "content-type": "application/json",
  });
  response.end(JSON.stringify(answer));
}
