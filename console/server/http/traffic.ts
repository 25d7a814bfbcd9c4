import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Refusal } from "../refusal";

/** Connections at the same time. */
const MOST_CONNECTIONS = 512;
/** Of one person: streams, and other requests that have not been answered. */
const MOST_STREAMS = 16;
const MOST_REQUESTS = 32;
/** Milliseconds after which a browser whose stream was closed for a newer one connects again. */
const RETRY = 30_000;
/** Milliseconds after which a connection is closed on which nothing passes; a stream says something more often. */
const SILENCE = 120_000;

/** A request of somebody who has logged in. */
export interface Accepted {
  /** It goes on, as a stream. The person's oldest one is closed where there are too many. */
  becomeStream(): void;
}

/**
 * How much of the server each person may take, so that nobody keeps the others out. All come from this machine's loopback, or by one
 * proxy, so that persons are told apart by who has logged in and not by address. Whoever has not can hold nothing: where there are too many
 * connections, the oldest without an accepted request is closed for a new one, and then the oldest stream of who has most of them.
 */
export class Traffic {
  /** Accepted requests, by connection, the oldest connection first. */
  private readonly connections = new Map<Socket, number>();
  private readonly requests = new Map<string, number>();
  /** Streams by person, the oldest first. */
  private readonly streams = new Map<string, Set<ServerResponse>>();

  /** Counts the connections of a server. */
  attend(server: Server): void {
    server.setTimeout(SILENCE, (socket) => socket.destroy());
    server.on("connection", (socket: Socket) => {
      if (this.connections.size >= MOST_CONNECTIONS) this.evict();
      this.connections.set(socket, 0);
      socket.once("close", () => this.connections.delete(socket));
    });
  }

  /** Accepts a person's request. Throws a Refusal where too many of theirs have not been answered. */
  accept(user: string, response: ServerResponse): Accepted {
    const count = this.requests.get(user) ?? 0;
    if (count >= MOST_REQUESTS)
      throw new Refusal(429, {
        code: "too-many",
        message: `${MOST_REQUESTS} requests of yours have not been answered yet`,
        hint: "Wait for them",
      });
    this.requests.set(user, count + 1);
    const { socket } = response;
    this.use(socket, 1);
    let isStream = false;
    response.once("close", () => {
      if (isStream) this.streams.get(user)?.delete(response);
      else this.release(user);
      this.use(socket, -1);
    });
    return {
      becomeStream: () => {
        isStream = true;
        this.release(user);
        this.add(user, response);
      },
    };
  }

  private add(user: string, response: ServerResponse): void {
    const own = this.streams.get(user) ?? new Set();
    this.streams.set(user, own.add(response));
    if (own.size > MOST_STREAMS) closeOldest(own);
  }

  private release(user: string): void {
    const left = (this.requests.get(user) ?? 1) - 1;
    if (left > 0) this.requests.set(user, left);
    else this.requests.delete(user);
  }

  private use(socket: Socket | null, change: 1 | -1): void {
    const count = socket === null ? undefined : this.connections.get(socket);
    if (count !== undefined) this.connections.set(socket!, count + change);
  }

  private evict(): void {
    for (const [socket, accepted] of this.connections)
      if (accepted === 0) {
        this.connections.delete(socket);
        socket.destroy();
        return;
      }
    const most = [...this.streams.values()].reduce((a, b) => (b.size > a.size ? b : a), new Set());
    closeOldest(most);
  }
}

function closeOldest(streams: Set<ServerResponse>): void {
  const [oldest] = streams;
  if (oldest === undefined) return;
  streams.delete(oldest);
  oldest.end(`retry: ${RETRY}\n\n`);
  // Who does not read is not waited for.
  setTimeout(() => oldest.destroy(), 1000).unref();
}
