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
/** A flow of 56 bytes, the least that one can have. */
const flow = () => {
  const body = Buffer.alloc(56);
  body.writeUInt16BE(56, 0);
  body.writeUInt16BE(1, 48);
  body.writeUInt16BE(4, 50);
  return body;
};
/** A part of an answer to a request for flows, with more to come and so many flows in it. */
const moreFlows = (count: number) => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(1, 0);
  head.writeUInt16BE(1, 2);
  return openflow(19, 1, Buffer.concat([head, ...Array<Buffer>(count).fill(flow())]));
};
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
