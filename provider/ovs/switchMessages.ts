/** OpenFlow 1.4, the version in every message (openflow-spec 1.4.0, section 7.1). */
const VERSION = 0x05;
const HEADER = 8;

/** Types of messages that are sent or understood here (enum ofp_type). */
export const TYPE = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  experimenter: 4,
  getConfigRequest: 7,
  getConfigReply: 8,
  setConfig: 9,
  packetOut: 13,
  flowMod: 14,
  multipartRequest: 18,
  multipartReply: 19,
  barrierRequest: 20,
  barrierReply: 21,
  setAsync: 28,
  bundleControl: 33,
  bundleAdd: 34,
} as const;

/** One message of the protocol. */
export interface Message {
  type: number;
  /** Pairs an answer with its request. */
  xid: number;
  body: Buffer;
}

/** A message to be sent; some have their number in their body too. */
export interface Request {
  type: number;
  body: Buffer | ((xid: number) => Buffer);
}

/** A message in its wire format. */
export function encodeMessage({ type, xid, body }: Message): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(HEADER + body.length, 2);
  header.writeUInt32BE(xid, 4);
  return Buffer.concat([header, body]);
}

/**
 * Splits whole messages from the front of the received bytes, and returns the rest. Throws a RangeError for bytes that
 * are not OpenFlow.
 */
export function takeMessages(received: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = [];
  let at = 0;
  while (received.length - at >= HEADER) {
    const length = received.readUInt16BE(at + 2);
    const type = received.readUInt8(at + 1);
    // A hello may be of any version; afterwards both sides speak the lower one.
    if (length < HEADER || (type !== TYPE.hello && received.readUInt8(at) !== VERSION))
      throw new RangeError(`not OpenFlow 1.4: ${received.subarray(at, at + HEADER).toString("hex")}`);
    if (received.length - at < length) break;
    const body = received.subarray(at + HEADER, at + length);
    messages.push({ type, xid: received.readUInt32BE(at + 4), body });
    at += length;
  }
  return { messages, rest: received.subarray(at) };
}
