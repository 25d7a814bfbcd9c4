import { createServer, type Socket } from "node:net";

/** Bytes that are sent to one connection at most. */
const LIMIT = 1024 * 1024 * 1024;
/** Milliseconds after which the process ends by itself. */
const LIFE = 120_000;

/** Sends a piece again and again, as fast as it is taken. */
function flood(socket: Socket, piece: Buffer, head = ""): void {
  let sent = 0;
  const more = (): void => {
    while (sent < LIMIT && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) {
        socket.once("drain", more);
        return;
      }
    }
  };
  socket.write(head);
  more();
}

const MIB = 1024 * 1024;
const fill = (text: string) => Buffer.from(text.repeat(Math.ceil(MIB / text.length)));
const reply = (result: string) => `{"id":1,"error":null,"result":${result}}`;
const openflow = (type: number, xid: number, body: Buffer) => {
  const message = Buffer.alloc(8 + body.length);
  message.writeUInt8(5, 0);
  message.writeUInt8(type, 1);
  message.writeUInt16BE(message.length, 2);
  message.writeUInt32BE(xid, 4);
  body.copy(message, 8);
  return message;
};
/** The fewest bytes that a flow can have, and the most, so that it is the only one in a message. */
const [SMALL, LARGE] = [56, 65_512];
const flow = (bytes: number) => {
  const body = Buffer.alloc(bytes);
  body.writeUInt16BE(bytes, 0);
  body.writeUInt16BE(1, 48);
  body.writeUInt16BE(4, 50);
  return body;
};
/** A part of an answer: to which request, of which type it is (1: flows, 10: meters), and whether more come (1) or not. */
const part = (xid: number, [type, more]: readonly [number, number], flows: readonly Buffer[] = []) => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(more, 2);
  return openflow(19, xid, Buffer.concat([head, ...flows]));
};
/** A part of an answer to a request for flows, with more to come and so many flows in it. */
const moreFlows = (count: number, bytes = SMALL) => part(1, [1, 1], Array<Buffer>(count).fill(flow(bytes)));
/** All answers of a bridge with so many flows: to requests for flows, meters and settings. */
const largeFlows = (count: number) =>
  Buffer.concat([
    ...Array<Buffer>(count).fill(moreFlows(1, LARGE)),
    ...[part(1, [1, 0]), part(2, [10, 0]), openflow(8, 3, Buffer.alloc(4))],
  ]);
const many = (message: Buffer) => Buffer.concat(Array(Math.ceil(MIB / message.length)).fill(message));

/** What a server does as soon as it is asked for anything. */
const WAYS: Record<string, (socket: Socket) => void> = {
  "a reply of 1 GiB": (socket) => flood(socket, fill("x"), '{"id":1,"result":["'),
  "a reply of small values": (socket) => flood(socket, fill("{},"), '{"id":1,"result":['),
  "replies without end": (socket) => flood(socket, fill(reply("{}"))),
  "echoes without end": (socket) => flood(socket, fill('{"id":"e","method":"echo","params":[]}')),
  "notifications without end": (socket) =>
    flood(socket, fill('{"id":null,"method":"update2","params":["taas",{}]}')),
  "values nested 10,000 deep": (socket) =>
    flood(socket, Buffer.from(reply("[".repeat(10_000) + "]".repeat(10_000)))),
  "two replies to each request": (socket) => void socket.write(reply("{}") + reply("{}")),
  "no reply": () => {},
  "OpenFlow echoes without end": (socket) => flood(socket, many(openflow(2, 7, Buffer.alloc(0)))),
  "OpenFlow rules without end": (socket) => flood(socket, many(moreFlows(1))),
  "OpenFlow rules without end, 1,000 a message": (socket) => flood(socket, many(moreFlows(1000))),
  "OpenFlow rules of 64 KiB, 48 MiB of them": (socket) => void socket.write(largeFlows(768)),
  "OpenFlow answers without a rule": (socket) => flood(socket, many(moreFlows(0))),
  "OpenFlow answers to something else": (socket) => flood(socket, many(openflow(21, 1, Buffer.alloc(0)))),
};

/** A server of one way and socket, in a process of its own, so that what it does costs its callers no time. */
function main(): void {
  const [way, path] = process.argv.slice(2) as [string, string];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => WAYS[way]!(socket));
    socket.resume();
  });
  server.listen(path, () => process.send?.("ready"));
  process.on("disconnect", () => process.exit());
  setTimeout(() => process.exit(), LIFE);
}

if (require.main === module) main();

/** The names of the ways in which a server is hostile. */
export const HOSTILE_WAYS = Object.keys(WAYS);
