import type { AddressInfo } from "node:net";
import { errorFor } from "./changes/record";
import { Console, type ConsoleOptions } from "./console";
import { type Origins, originsOf } from "./http/guard";
import { createHttpServer, type Reply, type Request } from "./http/httpServer";
import { Login } from "./http/login";
import { staticFile } from "./http/staticFiles";
import { EventStream } from "./http/stream";
import { Traffic } from "./http/traffic";
import { consoleError, Refusal } from "./refusal";
import { OPERATOR, type Viewer, viewerOf } from "./roles/viewer";
import { answerApi } from "./routes";

/** How a console is served. */
export interface ServeOptions extends ConsoleOptions {
  /** The folder of the page's files. */
  pageFolder: string;
  /** Port on 127.0.0.1; 0: any that is free. */
  port: number;
  /** With `users`: the header in which the proxy names the user. */
  userHeader?: string | undefined;
  /** With `users`: the URL of the proxy. */
  publicUrl?: URL | undefined;
}

/** A running console. */
export interface Served {
  /** The link to open. */
  url: string;
  console: Console;
  /** Stops it: no new requests, streams are closed, a running run is waited for, and none begins after it. */
  close(): Promise<void>;
}

/** Serves a console on this machine's loopback interface. */
export async function serveConsole(options: ServeOptions): Promise<Served> {
  const console = new Console(options);
  let origins: Origins = originsOf(options.port, options.publicUrl);
  const traffic = new Traffic();
  const server = createHttpServer(
    (request) => answer({ console, login, traffic, options }, request),
    () => origins,
  );
  traffic.attend(server);
  const login = new Login(() => (server.address() as AddressInfo).port);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  origins = originsOf(port, options.publicUrl);
  const watching = console.run();
  const url =
    options.users === undefined
      ? `http://127.0.0.1:${port}${login.path}`
      : (options.publicUrl?.href ?? `http://127.0.0.1:${port}/`);
  return {
    ...{ url, console },
    async close() {
      server.close();
      server.closeAllConnections();
      await console.stop();
      await watching;
    },
  };
}

interface Serving {
  console: Console;
  login: Login;
  traffic: Traffic;
  options: ServeOptions;
}

async function answer({ console, login, traffic, options }: Serving, request: Request): Promise<Reply> {
  if (request.path === "/login" && options.users === undefined) return logIn(login, request);
  // The page contains no data: a person without access learns that from it.
  if (!request.path.startsWith("/api/")) return staticFile(options.pageFolder, request.path);
  const viewer = viewerFrom(login, options, request);
  const accepted = traffic.accept(viewer.user, request.response);
  const openStream = () => {
    accepted.becomeStream();
    return new EventStream(request.response);
  };
  try {
    return await answerApi({ console, viewer, request, openStream });
  } catch (error) {
    throw refusalFor(viewer, error);
  }
}

/** What went wrong, as a viewer may read it: an error of the server or of a host may tell a tenant of paths, hosts and others. */
function refusalFor(viewer: Viewer, error: unknown): unknown {
  if (viewer.role !== "tenant" || (error instanceof Refusal && error.body.code !== "program-unreadable"))
    return error;
  const told = errorFor(viewer, consoleError(error));
  return error instanceof Refusal ? new Refusal(error.status, told) : new Refusal(500, told, error);
}

function logIn(login: Login, request: Request): Reply {
  if (login.has(request.incoming.headers)) return { location: "/" };
  const cookie = login.enter(request.query.get("token"));
  if (cookie === undefined) throw notLoggedIn();
  return { location: "/", cookie };
}

/** Who is asking: the operator, by the cookie; others, by what the proxy says. */
function viewerFrom(login: Login, { users, userHeader }: ServeOptions, { incoming }: Request): Viewer {
  if (users === undefined) {
    if (login.has(incoming.headers)) return OPERATOR;
    throw notLoggedIn();
  }
  const name = incoming.headers[(userHeader ?? "").toLowerCase()];
  const viewer = typeof name === "string" ? viewerOf(users, name) : undefined;
  if (viewer !== undefined) return viewer;
  throw new Refusal(403, {
    code: "forbidden",
    message: "this console does not know you",
    hint: "An admin can add you to the file of users",
  });
}

function notLoggedIn(): Refusal {
  return new Refusal(401, {
    code: "not-logged-in",
    message: "open the link that the command printed; it works once",
    hint: "Start the command again for another one",
  });
}
