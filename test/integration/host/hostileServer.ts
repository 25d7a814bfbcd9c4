import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { setImmediate as breath } from "node:timers/promises";
import { type Connection, Server } from "ssh2";

/** A server that does harm in one way. */
export interface HostileServer {
  port: number;
  stop(): Promise<void>;
}

/** Bytes after which a flood ends by itself. */
const FLOOD = 1024 * 1024 * 1024;

/** Milliseconds after which it does. */
const LIMIT = 15_000;

/** The parts of the library's connection that send messages of any kind. */
interface Protocol {
  channelOpenConfirm(remote: number, local: number, window: number, packet: number): void;
  channelData(channel: number, data: Buffer): void;
  channelExtData(channel: number, data: Buffer, type: number): void;
  channelClose(channel: number): void;
  exitStatus(channel: number, code: number): void;
  openssh_forwardedStreamLocal(channel: number, window: number, packet: number, path: object): void;
  openssh_authAgent(channel: number, window: number, packet: number): void;
  ping(): void;
}
interface Internals {
  _protocol: Protocol;
  _sock: Socket;
}
/** The same of an accepted session channel. */
interface ChannelInternals {
  outgoing: { id: number };
}

/** Repeats until there are enough bytes, the time is over, or the other side has gone. */
async function flood(socket: Socket, bytes: number, send: () => void): Promise<void> {
  const end = Date.now() + LIMIT;
  for (let sent = 0; sent < FLOOD && Date.now() < end && !socket.destroyed; ) {
    for (let count = 0; count < 64; count += 1, sent += bytes) send();
    // An error of the socket destroys it.
    await (socket.writableLength > 4_000_000
      ? Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {})
      : breath());
  }
}

const BLOCK = Buffer.alloc(30_001, "x");

/** What a server does once somebody is logged in. */
const AFTER_LOGIN: Record<string, (internals: Internals) => void> = {
  /** Asks without end, and reads no answer. */
  "requests without end, unread": ({ _protocol, _sock }) => {
    _sock.pause();
    void flood(_sock, 100, () => _protocol.ping());
  },
  "requests without end": ({ _protocol, _sock }) => void flood(_sock, 100, () => _protocol.ping()),
  "forwarded sockets without end": ({ _protocol, _sock }) => {
    let channel = 0;
    void flood(_sock, 100, () =>
      _protocol.openssh_forwardedStreamLocal(++channel, 1, 1, { socketPath: "/var/run/openvswitch/db.sock" }),
    );
  },
  "agent channels without end": ({ _protocol, _sock }) => {
    let channel = 0;
    void flood(_sock, 100, () => _protocol.openssh_authAgent(++channel, 1, 1));
  },
  "packets of no bytes": ({ _protocol }) => {
    const confirm = _protocol.channelOpenConfirm.bind(_protocol);
    _protocol.channelOpenConfirm = (remote, local, window) => confirm(remote, local, window, 0);
  },
  "a window that never opens": ({ _protocol }) => {
    const confirm = _protocol.channelOpenConfirm.bind(_protocol);
    _protocol.channelOpenConfirm = (remote, local, _window, packet) => confirm(remote, local, 0, packet);
  },
};

/** What a server does with a command. */
const ON_COMMAND: Record<string, (internals: Internals, channel: number) => void> = {
  "output without end": ({ _protocol, _sock }, channel) =>
    void flood(_sock, BLOCK.length, () => _protocol.channelData(channel, BLOCK)),
  "errors without end": ({ _protocol, _sock }, channel) =>
    void flood(_sock, BLOCK.length, () => _protocol.channelExtData(channel, BLOCK, 1)),
  "no exit status": ({ _protocol }, channel) => _protocol.channelClose(channel),
  "an exit status and no end": ({ _protocol }, channel) => _protocol.exitStatus(channel, 0),
};

/** What a server sends on a unix socket. */
const ON_SOCKET: Record<string, (internals: Internals, channel: number) => void> = {
  "more than a window on a socket": ({ _protocol, _sock }, channel) =>
    void flood(_sock, BLOCK.length, () => _protocol.channelData(channel, BLOCK)),
};

/** Ways to do harm that a server can have. */
export const WAYS = {
  beforeLogin: ["lines without end", "banners without end"],
  afterLogin: Object.keys(AFTER_LOGIN),
  onCommand: Object.keys(ON_COMMAND),
  onSocket: Object.keys(ON_SOCKET),
};

/** Starts a server in a process of its own. It takes any key. */
export async function startHostileServer(way: string, keyFile: string): Promise<HostileServer> {
  const child = fork(__filename, [way, keyFile], { execArgv: [] });
  const [port] = (await once(child, "message")) as [number];
  return {
    port,
    async stop() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function serve(way: string, keyFile: string): void {
  const server =
    way === "lines without end"
      ? createServer((socket) => {
          socket.on("error", () => {});
          void flood(socket, 80, () => socket.write(`${"x".repeat(78)}\r\n`));
        })
      : new Server({ hostKeys: [readFileSync(keyFile)] }, (client) => attend(client, way));
  server.listen(0, "127.0.0.1", () => {
    process.send!((server.address() as { port: number }).port);
  });
}

function attend(client: Connection, way: string): void {
  const internals = client as unknown as Internals;
  client.on("error", () => {});
  internals._sock.setMaxListeners(0);
  client.on("authentication", (context) => {
    if (way === "banners without end") {
      void flood(internals._sock, 8000, () => sendBanner(internals._protocol, "x".repeat(8000)));
    } else if (context.method === "publickey") context.accept();
    else context.reject(["publickey"]);
  });
  client.on("ready", () => AFTER_LOGIN[way]?.(internals));
  client.on("session", (accept) => {
    const session = accept();
    session.on("exec", (acceptCommand, _reject, { command }) => {
      const channel = acceptCommand();
      const harm = ON_COMMAND[way];
      if (harm !== undefined) return harm(internals, (channel as unknown as ChannelInternals).outgoing.id);
      const child = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "ignore"] });
      channel.pipe(child.stdin);
      child.stdout.pipe(channel, { end: false });
      child.on("close", (code) => {
        channel.exit(code ?? 255);
        channel.end();
      });
    });
  });
  (client as unknown as { on(event: string, listener: (accept: () => ChannelInternals) => void): void }).on(
    "openssh.streamlocal",
    (accept) => {
      const channel = accept();
      ON_SOCKET[way]?.(internals, channel.outgoing.id);
    },
  );
}

/** A banner (RFC 4252, 5.4), which the library has no call for. */
function sendBanner(protocol: unknown, text: string): void {
  const { _packetRW, _cipher } = protocol as {
    _packetRW: {
      write: { alloc(size: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer };
    };
    _cipher: { encrypt(packet: Buffer): void };
  };
  const { write } = _packetRW;
  const at = write.allocStart;
  const packet = write.alloc(1 + 4 + text.length + 4);
  packet[at] = 53;
  packet.writeUInt32BE(text.length, at + 1);
  packet.write(text, at + 5, "latin1");
  packet.writeUInt32BE(0, at + 5 + text.length);
  _cipher.encrypt(write.finalize(packet));
}

if (require.main === module) serve(process.argv[2]!, process.argv[3]!);
