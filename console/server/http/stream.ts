import type { ServerResponse } from "node:http";
import { jsonText } from "./jsonText";

/** Milliseconds between two comments that keep a stream through a proxy open. */
const KEEP_ALIVE = 20_000;
/**
 * Bytes that may wait for a reader besides the largest event; a stream whose reader falls back further is ended, and the page begins a new one.
 */
const MOST_WAITING = 2 * 1024 * 1024;

/** A stream of server-sent events. Text from hosts is JSON without characters that could control a terminal. */
export class EventStream {
  private number = 0;
  private largest = 0;
  private readonly beat: NodeJS.Timeout;

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    // Where the reader is slow, the response is still open for a while after its end.
    this.beat = setInterval(() => {
      if (!this.isOver) response.write(":\n\n");
    }, KEEP_ALIVE).unref();
    response.once("close", () => clearInterval(this.beat));
    // A reader who is gone is no error of the server.
    response.on("error", () => {});
  }

  /** Sends an event; does nothing once the reader is gone. */
  send(event: object): void {
    const { response } = this;
    if (this.isOver) return;
    if (response.writableLength > MOST_WAITING + this.largest) {
      response.destroy();
      return;
    }
    this.number += 1;
    const text = `id: ${this.number}\ndata: ${jsonText(event)}\n\n`;
    this.largest = Math.max(this.largest, Buffer.byteLength(text));
    response.write(text);
  }

  private get isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  /** Calls back once the reader is gone. */
  onClose(end: () => void): void {
    this.response.once("close", end);
  }
}
