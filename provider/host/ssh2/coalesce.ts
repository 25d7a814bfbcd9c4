import type { Duplex } from "node:stream";

/**
 * Sends everything that is written to a stream within one turn of the event loop at once, because ssh2 writes each part
 * of a packet separately.
 */
export function coalesceWrites(stream: Duplex): void {
  const write = stream.write.bind(stream) as Duplex["write"];
  let corked = false;
  stream.write = ((...words: Parameters<Duplex["write"]>) => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(() => {
        corked = false;
        stream.uncork();
      });
    }
    return write(...words);
  }) as Duplex["write"];
}
