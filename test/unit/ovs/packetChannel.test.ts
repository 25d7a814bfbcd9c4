import { type Duplex, duplexPair } from "node:stream";
import { expect } from "chai";
import { PacketChannel } from "../../../provider/ovs/packetChannel";
import { rejection } from "../../rejection";

const BARRIER = { request: 20, reply: 21 };
const CONFIG = { request: 7, reply: 8, set: 9 };
/** How the bridge handles fragments: it drops them. */
const FLAGS = 1;

function message(type: number, xid: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(5, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(8 + body.length, 2);
  head.writeUInt32BE(xid, 4);
  return Buffer.concat([head, body]);
}

/** A bridge that agrees to whatever it is told. `flags`: those that it was told to have. */
async function openTo(): Promise<{ channel: PacketChannel; bridge: Duplex; flags: number[] }> {
  const [near, bridge] = duplexPair();
  const flags: number[] = [];
  bridge.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += chunk.readUInt16BE(at + 2)) {
      const [type, xid] = [chunk.readUInt8(at + 1), chunk.readUInt32BE(at + 4)];
      if (type === BARRIER.request) bridge.write(message(BARRIER.reply, xid, Buffer.alloc(0)));
      if (type === CONFIG.request) bridge.write(message(CONFIG.reply, xid, Buffer.from([0, FLAGS, 0, 0])));
      if (type === CONFIG.set) flags.push(chunk.readUInt16BE(at + 8));
    }
  });
  const channel = await PacketChannel.open(near, { host: "compute-1", bridge: "br-tap" });
  return { channel, bridge, flags };
}

/** A packet-in of so many bytes of frame. */
function packetIn(bytes: number): Buffer {
  const frame = Buffer.alloc(4 + bytes + (-(bytes + 4) & 7));
  frame.writeUInt16BE(4 + bytes, 2);
  const metadata = Buffer.from("0006000c8000000400000005".padEnd(32, "0"), "hex");
  return message(4, 0, Buffer.concat([Buffer.from("000023200000001e", "hex"), frame, metadata]));
}

describe("a connection for frames to a bridge that cannot be trusted", () => {
  it("ends with an error if a packet-in cannot be parsed", async () => {
    const { channel, bridge } = await openTo();
    bridge.write(packetIn(60));
    bridge.write(message(4, 0, Buffer.from("000023200000001e0000ffff", "hex")));
    const frames = channel.packets[Symbol.asyncIterator]();
    expect((await frames.next()).value.frame).to.have.length(60);
    expect(await rejection(frames.next())).to.include({ code: "packets-lost", host: "compute-1" });
    expect((await rejection(channel.send([]))).code).to.equal("packets-lost");
  });

  it("leaves the bridge's handling of fragments as it is", async () => {
    const { channel, flags } = await openTo();
    channel.close();
    expect(flags).to.deep.equal([FLAGS]);
  });

  it("keeps a bounded amount of unread frames, and counts the rest", async () => {
    const { channel, bridge } = await openTo();
    const many = Buffer.concat(Array<Buffer>(40).fill(packetIn(60_000)));
    for (let time = 0; time < 20; time++) {
      bridge.write(many);
      await new Promise(setImmediate);
    }
    channel.close();
    let taken = 0;
    for await (const { frame } of channel.packets) taken += frame.length;
    expect(taken).to.be.within(30_000_000, 32 * 1024 * 1024);
    expect(channel.dropped).to.equal(800 - taken / 60_000);
  });
});
