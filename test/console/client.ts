import { setTimeout as sleep } from "node:timers/promises";
import type { Change, Preview } from "../../console/api/changes";
import type { Edit } from "../../console/api/edit";
import type { Event } from "../../console/api/events";
import type { Served } from "../../console/server/serve";

/** What a request came to. */
export interface Answered {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Asks a console as its page does: same origin, JSON, the cookie of the link, or the header of a proxy. */
export class ConsoleClient {
  readonly origin: string;
  cookie = "";

  constructor(
    private readonly served: Pick<Served, "url">,
    private readonly user?: string,
  ) {
    this.origin = new URL(served.url).origin;
  }

  /** Opens the link. */
  async logIn(): Promise<this> {
    const { headers } = await fetch(this.served.url, { redirect: "manual" });
    this.cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    return this;
  }

  get headers(): Record<string, string> {
    const own = { origin: this.origin, "sec-fetch-site": "same-origin", cookie: this.cookie };
    return this.user === undefined ? own : { ...own, "x-user": this.user };
  }

  async get<T>(path: string): Promise<T> {
    return this.read<T>(await this.ask("GET", path));
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.read<T>(await this.ask("POST", path, body));
  }

  /** Asks, whatever the answer is. */
  async ask(method: "GET" | "POST", path: string, body?: unknown): Promise<Answered> {
    const json = { "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { ...this.headers, ...(body === undefined ? {} : json) };
    const response = await fetch(this.origin + path, { method, headers, ...sent });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  private read<T>({ status, body }: Answered): T {
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  /** The preview of an edit, once it is ready or has failed. */
  async preview(edit: Edit): Promise<Preview> {
    const { id } = await this.post<{ id: string }>("/api/previews", edit);
    return this.previewed(id);
  }

  /** A preview once it is ready or has failed. */
  previewed(id: string): Promise<Preview> {
    return until(
      () => this.get<Preview>(`/api/previews/${id}`),
      ({ state }) => state === "ready" || state === "failed",
    );
  }

  /** Confirms a preview. */
  async confirm({ id, fingerprint }: Preview): Promise<string> {
    return (await this.post<{ change: string }>(`/api/previews/${id}/confirm`, { fingerprint })).change;
  }

  /** A change once it has ended. */
  ended(id: string): Promise<Change> {
    return until(
      () => this.get<Change>(`/api/changes/${id}`),
      ({ outcome }) => outcome !== "running" && outcome !== "waiting",
    );
  }

  /** Previews, confirms, and waits for the end. */
  async change(edit: Edit): Promise<Change> {
    const preview = await this.preview(edit);
    if (preview.state !== "ready") throw new Error(JSON.stringify(preview.error));
    return this.ended(await this.confirm(preview));
  }

  /** The events from now on, until `end` is called. */
  async events<E = Event>(path = "/api/events"): Promise<{ events: E[]; end(): void }> {
    const ending = new AbortController();
    const response = await fetch(this.origin + path, { headers: this.headers, signal: ending.signal });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    const events: E[] = [];
    const read = async () => {
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        const parts = text.split("\n\n");
        text = parts.pop()!;
        for (const part of parts) {
          const line = part.split("\n").find((each) => each.startsWith("data: "));
          if (line !== undefined) events.push(JSON.parse(line.slice("data: ".length)) as E);
        }
      }
    };
    void read().catch(() => {});
    return { events, end: () => ending.abort() };
  }
}

/** What is asked for again and again until it holds; fails after 30 seconds with what it was last. */
export async function until<T>(ask: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`not in time; last: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await sleep(50);
  }
}
