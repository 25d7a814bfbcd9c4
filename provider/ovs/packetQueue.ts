/** What has a frame. */
interface Sized {
  frame: Buffer;
}

/** Bytes that a frame takes besides its own, about: objects, and what is told of it. */
const OVERHEAD = 512;

/**
 * Frames between who receives them and the one who takes them, each once. It keeps a bounded amount: what comes while it is full is
 * dropped and counted, because a bridge does not wait.
 */
export class PacketQueue<Packet extends Sized> implements AsyncIterable<Packet> {
  private packets: Packet[] = [];
  private bytes = 0;
  private end: { error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;
  /** Frames that were dropped because nobody took those before them. */
  dropped = 0;

  /** `limit`: bytes of memory that waiting frames may take. */
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

  /** Lets the iteration end after what is waiting, with an error if one is given. */
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
