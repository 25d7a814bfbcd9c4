import type { Duplex } from "node:stream";

const VERSION = 5; // OpenFlow 1.4
const TYPE = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  flowMod: 14,
  bundleControl: 33,
  bundleAdd: 34,
};
const CONTROL = { open: 0, openReply: 1, commit: 4, commitReply: 5 };
const ATOMIC_AND_ORDERED = 3;
const ANY = 0xffffffff;

function message(type: number, xid: number, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(8 + body.length, 2);
  header.writeUInt32BE(xid, 4);
  return Buffer.concat([header, body]);
}

/** Drops what comes in by a port; without a port, deletes all rules. */
function flowMod(xid: number, inPort: number | undefined): Buffer {
  const fixed = Buffer.alloc(40);
  fixed.writeUInt8(inPort === undefined ? 0xff : 0, 16); // table
  fixed.writeUInt8(inPort === undefined ? 3 : 0, 17); // delete, add
  fixed.writeUInt16BE(100, 22); // priority
  for (const at of [24, 28, 32]) fixed.writeUInt32BE(ANY, at); // buffer, out port, out group
  const match = Buffer.alloc(inPort === undefined ? 8 : 16);
  match.writeUInt16BE(1, 0); // OXM
  match.writeUInt16BE(inPort === undefined ? 4 : 12, 2);
  if (inPort !== undefined) {
    match.writeUInt32BE(0x80000004, 4);
    match.writeUInt32BE(inPort, 8);
  }
  return message(TYPE.flowMod, xid, Buffer.concat([fixed, match]));
}

/** As much OpenFlow 1.4 (sections 7.3.4 and 7.3.9) as it takes to replace all rules of a bridge in one bundle. */
export class OpenFlow {
  private pending = Buffer.alloc(0);
  private xid = 1;
  private readonly answers = new Map<number, (message: Buffer) => void>();

  constructor(private readonly stream: Duplex) {
    stream.on("data", (chunk: Buffer) => this.take(chunk));
    stream.write(message(TYPE.hello, this.xid++, Buffer.alloc(0)));
  }

  /** The rules become drops of what comes in by ports 1 to `count`; resolves when the bundle is in force. */
  async replaceDrops(count: number): Promise<void> {
    const bundle = this.xid;
    const control = (kind: number) => {
      const body = Buffer.alloc(8);
      body.writeUInt32BE(bundle, 0);
      body.writeUInt16BE(kind, 4);
      body.writeUInt16BE(ATOMIC_AND_ORDERED, 6);
      return this.request(TYPE.bundleControl, body);
    };
    const add = (inPort: number | undefined) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(bundle, 0);
      head.writeUInt16BE(ATOMIC_AND_ORDERED, 6);
      const xid = this.xid++;
      return message(TYPE.bundleAdd, xid, Buffer.concat([head, flowMod(xid, inPort)]));
    };
    const opened = control(CONTROL.open);
    const ports = Array.from({ length: count }, (_, index) => index + 1);
    this.stream.write(Buffer.concat([undefined, ...ports].map(add)));
    const committed = control(CONTROL.commit);
    for (const reply of await Promise.all([opened, committed])) {
      if (reply.readUInt8(1) === TYPE.error) throw new Error(`OpenFlow error ${reply.toString("hex")}`);
    }
  }

  /** One round trip. */
  async echo(): Promise<void> {
    await this.request(TYPE.echoRequest, Buffer.alloc(0));
  }

  private request(type: number, body: Buffer): Promise<Buffer> {
    const xid = this.xid++;
    return new Promise((resolve) => {
      this.answers.set(xid, resolve);
      this.stream.write(message(type, xid, body));
    });
  }

  private take(chunk: Buffer): void {
    let rest = Buffer.concat([this.pending, chunk]);
    while (rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
      const one = rest.subarray(0, rest.readUInt16BE(2));
      rest = rest.subarray(one.length);
      const xid = one.readUInt32BE(4);
      if (one.readUInt8(1) === TYPE.echoRequest)
        this.stream.write(message(TYPE.echoReply, xid, one.subarray(8)));
      else if (this.answers.has(xid)) {
        this.answers.get(xid)!(one);
        this.answers.delete(xid);
      } else if (one.readUInt8(1) === TYPE.error) throw new Error(`OpenFlow error ${one.toString("hex")}`);
    }
    this.pending = rest;
  }
}
