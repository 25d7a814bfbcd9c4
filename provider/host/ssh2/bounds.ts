import type { Duplex } from "node:stream";
import type { Client } from "ssh2";

/** Bytes that a server may send before the login is complete: version, key exchange, banner, answers to some keys. */
const BEFORE_LOGIN = 1024 * 1024;

/**
 * Bytes of answers that may be queued for a server that does not read them. Other data waits in its channel, for the
 * window.
 */
const UNREAD = 4 * 1024 * 1024;

/** Milliseconds of work that a connection may cause at once. */
const BURST = 1000;

/** The share of this process's time that it may take in addition. */
const SHARE = 1 / 3;

/** A server that sends without end, or does not read. */
export class Misbehaved extends Error {}

/** The bounds of one connection. */
export interface Bounds {
  /**
   * From now on, only the share of time limits what the server sends. `heard` is called when something arrives, at most
   * once a second.
   */
  loggedIn(heard: () => void): void;
}

/** Milliseconds between two calls of `heard`. */
const NOTED = 1000;

/**
 * Bounds the memory and time that a server can cost this process through its connection, so that work with other hosts
 * continues. `fail` is called with `Misbehaved` if the server sends too much before the login or leaves too much
 * unread. If its messages take too much time to process, reading is paused.
 */
export function boundStream(stream: Duplex, fail: (error: Misbehaved) => void): Bounds {
  let allowed = BEFORE_LOGIN;
  let unread = 0;
  let failed = false;
  let tell = (): void => {};
  let toldAt = 0;
  const failOnce = (message: string) => {
    if (!failed) fail(new Misbehaved(message));
    failed = true;
  };
  const pace = paceOf(stream);
  const emit = stream.emit.bind(stream) as (event: string | symbol, ...words: unknown[]) => boolean;
  stream.emit = (event: string | symbol, ...words: unknown[]) => {
    if (event !== "data") return emit(event, ...words);
    if (failed) return true;
    allowed -= (words[0] as Buffer).length;
    if (allowed < 0) failOnce(`it sent more than ${BEFORE_LOGIN} bytes before the login`);
    const begun = performance.now();
    const waiting = stream.writableLength;
    if (waiting === 0) unread = 0;
    const heard = emit(event, ...words);
    if (begun - toldAt >= NOTED) {
      toldAt = begun;
      tell();
    }
    unread += Math.max(0, stream.writableLength - waiting);
    if (unread > UNREAD)
      failOnce(`it does not read: more than ${UNREAD} bytes of answers are waiting for it`);
    pace(performance.now() - begun);
    return heard;
  };
  return {
    loggedIn(heard) {
      allowed = Number.POSITIVE_INFINITY;
      tell = heard;
    },
  };
}

/**
 * Returns a function that is told the milliseconds that each chunk of a stream took. It pauses the stream while they
 * exceed its share.
 */
function paceOf(stream: Duplex): (spent: number) => void {
  let credit = BURST;
  let at = performance.now();
  return (spent) => {
    const now = performance.now();
    credit = Math.min(BURST, credit + (now - at) * SHARE) - spent;
    at = now;
    if (credit >= 0) return;
    stream.pause();
    setTimeout(() => stream.resume(), -credit / SHARE).unref();
  };
}

/** The smallest packets that a server may ask for: RFC 4253, 6.1, requires every server to accept 32,768 bytes. */
const SMALLEST_PACKET = 1024;

/** Bytes that a channel may hold unread: four times the window that the library opens. */
const OVERRUN = 8 * 1024 * 1024;

/**
 * Bounds a channel that has just been opened. The library writes without end to a server that accepts packets of zero
 * bytes, and accepts more than the window from a server that ignores it; either closes the connection.
 */
export function boundChannel(client: Client, channel: Duplex): void {
  const end = (message: string) => {
    client.emit("error", new Misbehaved(message));
    client.destroy();
  };
  const { outgoing } = channel as Duplex & { outgoing: { packetSize: number } };
  if (outgoing.packetSize < SMALLEST_PACKET) {
    const asked = outgoing.packetSize;
    outgoing.packetSize = SMALLEST_PACKET;
    end(`it accepts only packets of ${asked} bytes`);
    return;
  }
  const push = channel.push.bind(channel);
  channel.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (channel.readableLength <= OVERRUN) return push(chunk, encoding);
    end("it sends more than the window of a channel");
    return false;
  };
}
