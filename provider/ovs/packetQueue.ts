/** An object that contains a frame. */
interface Sized {
  frame: Buffer;
}

/** The approximate memory of a queued frame besides its own bytes: objects and metadata. */
const OVERHEAD = 512;

/**
 * Frames queued between their receiver and one consumer, each once. The amount is bounded: frames that arrive while the
 * queue is full are dropped and counted, because a bridge does not wait.
 */
export class PacketQueue<Packet extends Sized> implements AsyncIterable<Packet> {
  private packets: Packet[] = [];
  private bytes = 0;
  private end: { error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;
  /** Frames that were dropped because the queue was full. */
  dropped = 0;

  /** `limit`: bytes of memory that queued frames may take. */
  constructor(private readonly limit: number) {}

  /** Adds a frame, or drops it. Nothing is added after the end. */
  push(packet: Packet): void {
    if (this.end !== undefined) return;
    const size = packet.frame.length + OVERHEAD;
    if (this.bytes + size > this.limit) {
      this.dropped++;
      return;
    }
    this.bytes += size;
    this.packets.push(packet);
    this.wake?.();
  }

  /** Ends the iteration after the queued frames, with an error if one is given. */
  close(error?: Error): void {
    this.end ??= { error };
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Packet, void, undefined> {
    for (;;) {
      const { packets } = this;
      if (packets.length > 0) {
        this.packets = [];
        for (const packet of packets) {
          this.bytes -= packet.frame.length + OVERHEAD;
          yield packet;
        }
      } else if (this.end !== undefined) {
        if (this.end.error !== undefined) throw this.end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = undefined;
      }
    }
  }
}
