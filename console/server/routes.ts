import * as z from "zod";
import { portSelector } from "../../provider/schema/selector";
import type { Edit } from "../api/edit";
import { editSchema } from "./changes/editSchema";
import { changeFor } from "./changes/record";
import type { Console } from "./console";
import { readBody, readJson } from "./http/body";
import type { Reply, Request } from "./http/httpServer";
import type { EventStream } from "./http/stream";
import { notFound } from "./refusal";
import type { Viewer } from "./roles/viewer";
import { follow } from "./streams";
import { verifyFor } from "./verify";
import { changesFor, factsFor, previewFor, selectionFor, snapshotFor, tapFor, vmsFor } from "./views";
import { pcapngFor } from "./watch/follow";

/** A request of somebody who has logged in. */
interface Authorized {
  console: Console;
  viewer: Viewer;
  request: Request;
  /** Begins the answer, as a stream. */
  openStream(): EventStream;
}

/** A request after its path has been matched. */
interface Asked extends Authorized {
  /** The variable parts of the path, decoded. */
  parts: string[];
}

interface Route {
  method: Request["method"];
  path: RegExp;
  reply(asked: Asked): Promise<Reply> | Reply;
}

const NOTHING = z.strictObject({});
const CONFIRM = z.strictObject({ fingerprint: z.string().max(64) });

/** A GET of JSON. */
function get(path: RegExp, json: (asked: Asked) => unknown): Route {
  return { method: "GET", path, reply: async (asked) => ({ json: await json(asked) }) };
}

/** A POST with a JSON answer. */
function post<Schema extends z.ZodType>(
  path: RegExp,
  schema: Schema,
  json: (asked: Asked, body: z.output<Schema>) => unknown,
): Route {
  const reply = async (asked: Asked): Promise<Reply> => ({
    json: await json(asked, await readBody(asked.request.incoming, schema)),
  });
  return { method: "POST", path, reply };
}

const ROUTES: readonly Route[] = [
  get(/^\/api\/session$/, ({ console, viewer }) => console.session(viewer)),
  get(/^\/api\/(taps|services|hosts)$/, ({ console, viewer, parts: [kind] }) => {
    const snapshot = snapshotFor(console, viewer);
    return snapshot[kind as "taps" | "services" | "hosts"];
  }),
  get(/^\/api\/changes$/, ({ console, viewer }) => changesFor(console, viewer)),
  get(/^\/api\/changes\/([^/]+)$/, ({ console, viewer, parts: [id] }) => {
    const { changes } = console;
    if (changes === undefined) throw notFound("change");
    return changeFor(viewer, changes.get(id!, viewer));
  }),
  get(/^\/api\/taps\/([^/]+)$/, ({ console, viewer, parts: [id] }) => tapFor(console, viewer, id!)),
  get(/^\/api\/hosts\/([^/]+)\/ports$/, ({ console, viewer, parts: [host] }) =>
    vmsFor(console, viewer, host!),
  ),
  get(/^\/api\/hosts\/([^/]+)\/ports\/([^/]+)\/facts$/, ({ console, viewer, request, parts: [host, port] }) =>
    factsFor(console, viewer, { host: host!, port: port!, service: request.query.get("service") }),
  ),
  get(/^\/api\/hosts\/([^/]+)\/selection$/, ({ console, viewer, request: { query }, parts: [host] }) => {
    const ports = readJson(query.get("ports") ?? "", portSelector, "ports");
    return selectionFor(console, viewer, { host: host!, ports, service: query.get("service") });
  }),
  post(/^\/api\/previews$/, editSchema, async ({ console, viewer }, edit) => ({
    id: await console.changesOf(viewer).previews.begin(edit as Edit, viewer),
  })),
  get(/^\/api\/previews\/([^/]+)$/, ({ console, viewer, parts: [id] }) =>
    previewFor(console, viewer, console.changesOf(viewer).previews.get(id!, viewer)),
  ),
  post(
    /^\/api\/previews\/([^/]+)\/confirm$/,
    CONFIRM,
    async ({ console, viewer, parts: [id] }, { fingerprint }) => ({
      change: await console.changesOf(viewer).confirm(id!, fingerprint, viewer),
    }),
  ),
  post(/^\/api\/previews\/([^/]+)\/save$/, NOTHING, async ({ console, viewer, parts: [id] }) => ({
    change: await console.changesOf(viewer).save(id!, viewer),
  })),
  post(/^\/api\/previews\/([^/]+)\/discard$/, NOTHING, ({ console, viewer, parts: [id] }) => {
    console.changesOf(viewer).previews.discard(id!, viewer);
    return {};
  }),
  post(
    /^\/api\/changes\/([^/]+)\/(approve|reject)$/,
    NOTHING,
    async ({ console, viewer, parts: [id, decision] }) => {
      await console.changesOf(viewer).decide(id!, decision as "approve" | "reject", viewer);
      return {};
    },
  ),
  post(/^\/api\/taps\/([^/]+)\/verify$/, NOTHING, ({ console, viewer, parts: [id] }) =>
    verifyFor(console, viewer, id!),
  ),
  { method: "GET", path: /^\/api\/events$/, reply: events },
  { method: "GET", path: /^\/api\/taps\/([^/]+)\/capture\.pcapng$/, reply: captured },
];

/** Answers a request of the page's. Throws Refusals. */
export async function answerApi(asked: Authorized): Promise<Reply> {
  const { request } = asked;
  for (const { method, path, reply } of ROUTES) {
    const found = path.exec(request.path);
    if (found !== null && method === request.method)
      return reply({ ...asked, parts: found.slice(1).map(decoded) });
  }
  throw notFound("address");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound("address");
  }
}

function events({ console, viewer, request: { query }, openStream }: Asked): Reply {
  const followed = { tap: query.get("tap"), watch: query.get("watch") === "1" };
  follow(console, viewer, followed, openStream);
  return "stream";
}

/** The last frames of a tap's latest watch. */
function captured({ console, viewer, parts: [id] }: Asked): Reply {
  const content = pcapngFor(console, viewer, id!);
  const headers = { "content-disposition": 'attachment; filename="capture.pcapng"' };
  return { type: "application/x-pcapng", content, headers };
}
