import type { Duplex } from "node:stream";
import type { Client } from "ssh2";

/** Bytes that a server may send before the login is done: version, key exchange, banner, answers to some keys. */
const BEFORE_LOGIN = 1024 * 1024;

/** Bytes of answers that may wait for a server that does not read them. What is no answer waits in its channel, for the window. */
const UNREAD = 4 * 1024 * 1024;

/** Milliseconds of work that a connection may cause at once. */
const BURST = 1000;

/** The share of this process's time that it may take beyond that. */
const SHARE = 1 / 3;

/** A server that sends without end, or that does not read. */
export class Misbehaved extends Error {}

/** The bounds of one connection. */
export interface Bounds {
  /** From now on only the share of time bounds what the server sends. */
  loggedIn(): void;
}

/**
 * Bounds what a server can make this process keep or do by the stream of its connection, so that other hosts go on beside it:
 * `fail` is called with `Misbehaved` where it sends too much before the login or leaves too much unread, and where its
 * messages take too much time to work on, reading pauses.
 */
export function boundStream(stream: Duplex, fail: (error: Misbehaved) => void): Bounds {
  let allowed = BEFORE_LOGIN;
  let unread = 0;
  let failed = false;
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
    unread += Math.max(0, stream.writableLength - waiting);
    if (unread > UNREAD) failOnce(`it does not read: more than ${UNREAD} bytes of answers wait for it`);
    pace(performance.now() - begun);
    return heard;
  };
  return {
    loggedIn() {
      allowed = Number.POSITIVE_INFINITY;
    },
  };
}

/** Takes the milliseconds that each piece of a stream has cost, and pauses the stream while they are more than its share. */
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

/** The smallest packets that a server may ask for: RFC 4253, 6.1, has every server take 32,768 bytes. */
const SMALLEST_PACKET = 1024;

/** Bytes that a channel may hold unread: four times the window that the library opens. */
const OVERRUN = 8 * 1024 * 1024;

/**
 * Bounds a channel that has just been opened. The library writes without end to a server that takes packets of no bytes, and
 * takes more than the window from one that ignores it; either ends the connection.
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
    end(`it takes only packets of ${asked} bytes`);
    return;
  }
  const push = channel.push.bind(channel);
  channel.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (channel.readableLength <= OVERRUN) return push(chunk, encoding);
    end("it sends more than the window of a channel");
    return false;
  };
}
