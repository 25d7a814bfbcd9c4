import type { CapturedFrame } from "./frames";

/** Block types (draft-ietf-opsawg-pcapng, section 4). */
const BLOCK = { section: 0x0a0d_0d0a, interface: 1, statistics: 5, frame: 6 } as const;
const BYTE_ORDER = 0x1a2b_3c4d;
const ETHERNET = 1;
/** Options by their codes: those of every block, and those of each type. */
const OPTION = {
  end: 0,
  application: 4,
  name: 2,
  description: 3,
  resolution: 9,
  filter: 11,
  flags: 2,
  received: 4,
  dropped: 5,
} as const;
/** Nanoseconds: 10 to the power of -9. */
const NANOSECONDS = 9;
/** Into the interface, and out of it (epb_flags). */
const DIRECTION = { ingress: 1, egress: 2 } as const;
/** The most bytes of an option's text; the field has 16 bits. */
const LONGEST = 8192;

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return padded(Buffer.concat([head, value]));
}

function text(code: number, value: string): Buffer {
  return option(code, Buffer.from(value).subarray(0, LONGEST));
}

/** A count. Hosts may tell more than the field, or any number here, can hold. */
function number(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.min(value, Number.MAX_SAFE_INTEGER)));
  return option(code, bytes);
}

function block(kind: number, ...parts: readonly Buffer[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(length, 4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...parts, tail]);
}

function time(at: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(Number(at >> 32n), 0);
  bytes.writeUInt32LE(Number(at & 0xffff_ffffn), 4);
  return bytes;
}

/** The source of the frames, as described in the file. */
export interface PcapngSource {
  /** The program that writes it. */
  application: string;
  /** The port's name. */
  port: string;
  /** A description of the port, such as its host. */
  description: string;
  /** The filter that selected the frames; absent: none. */
  filter: string | undefined;
  /** Bytes kept of each frame; 0: all. */
  snapLength: number;
}

/** The start of a file with one section and one interface: frames of a port, with times in nanoseconds. */
export function pcapngHead({ application, port, description, filter, snapLength }: PcapngSource): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER, 0);
  section.writeUInt16LE(1, 4);
  section.writeBigInt64LE(-1n, 8);
  const nic = Buffer.alloc(8);
  nic.writeUInt16LE(ETHERNET, 0);
  nic.writeUInt32LE(snapLength, 4);
  return Buffer.concat([
    block(BLOCK.section, section, text(OPTION.application, application), END),
    block(
      BLOCK.interface,
      nic,
      text(OPTION.name, port),
      text(OPTION.description, description),
      option(OPTION.resolution, Buffer.from([NANOSECONDS])),
      ...(filter === undefined ? [] : [text(OPTION.filter, `\0${filter}`)]),
      END,
    ),
  ]);
}

/** A frame with its time, its direction and its original length; `length`: if it has been truncated already. */
export function pcapngFrame(
  { at, direction, frame }: CapturedFrame,
  snapLength: number,
  length: number = frame.length,
): Buffer {
  const kept = snapLength === 0 ? frame : frame.subarray(0, snapLength);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(kept.length, 0);
  lengths.writeUInt32LE(length, 4);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(DIRECTION[direction]);
  return block(
    BLOCK.frame,
    FIRST_INTERFACE,
    time(at),
    lengths,
    padded(kept),
    option(OPTION.flags, flags),
    END,
  );
}

/** The end of a file: how many frames were received and dropped. */
export function pcapngTail(at: bigint, { received, dropped }: { received: number; dropped: number }): Buffer {
  return block(
    BLOCK.statistics,
    FIRST_INTERFACE,
    time(at),
    number(OPTION.received, received),
    number(OPTION.dropped, dropped),
    END,
  );
}

const END = Buffer.alloc(4);
const FIRST_INTERFACE = Buffer.alloc(4);
