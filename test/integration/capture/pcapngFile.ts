/** A frame of a pcapng file. */
export interface StoredFrame {
  frame: Buffer;
  /** Bytes before it was cut. */
  length: number;
  direction: "ingress" | "egress" | undefined;
  /** Nanoseconds since 1970. */
  at: bigint;
}

/** The frames of a pcapng file of one interface with times in nanoseconds, as far as it is written (draft-ietf-opsawg-pcapng). */
export function framesOfPcapng(file: Buffer): StoredFrame[] {
  const frames: StoredFrame[] = [];
  for (let at = 0; at + 8 <= file.length; ) {
    const [kind, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    if (at + length > file.length) break;
    if (kind === 6) {
      const kept = file.readUInt32LE(at + 20);
      const options = at + 28 + kept + (-kept & 3);
      const flags = file.readUInt16LE(options) === 2 ? file.readUInt32LE(options + 4) & 3 : 0;
      frames.push({
        frame: file.subarray(at + 28, at + 28 + kept),
        length: file.readUInt32LE(at + 24),
        direction: flags === 1 ? "ingress" : flags === 2 ? "egress" : undefined,
        at: (BigInt(file.readUInt32LE(at + 12)) << 32n) | BigInt(file.readUInt32LE(at + 16)),
      });
    }
    at += length;
  }
  return frames;
}
