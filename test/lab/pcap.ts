/** Bytes of a file's header, and of a packet's. */
const FILE_HEADER = 24;
const PACKET_HEADER = 16;

/** A capture file (pcap) with these Ethernet frames; the second of each is its place among them. */
export function pcap(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(FILE_HEADER);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame, index) => {
    const record = Buffer.alloc(PACKET_HEADER);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

/** The packets of a capture file, as far as it is written, each with its second. */
export function packetsOf(file: Buffer): { second: number; frame: Buffer }[] {
  const found: { second: number; frame: Buffer }[] = [];
  for (let at = FILE_HEADER; at + PACKET_HEADER <= file.length; ) {
    const end = at + PACKET_HEADER + file.readUInt32LE(at + 8);
    if (end > file.length) break;
    found.push({ second: file.readUInt32LE(at), frame: file.subarray(at + PACKET_HEADER, end) });
    at = end;
  }
  return found;
}
