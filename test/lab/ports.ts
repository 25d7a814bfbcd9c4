import { createServer, type Server } from "node:net";

/** A lab has a hundred ports to itself, the first hundred that is free from here on. */
const FIRST = 2200;
/** Ports that the kernel gives to outgoing connections begin a little above. */
const END = 32_000;

/** TCP ports of 127.0.0.1 that one lab has to itself as long as it runs, also while nobody listens on them. */
export class PortRange {
  private constructor(
    /** The ports are those above it. */
    readonly base: number,
    private readonly lock: Server,
  ) {}

  /** Reserves `count` ports: those above `base` if it is given, which must be free, else above 2200, 2300 and so on. */
  static async reserve(count: number, base?: number): Promise<PortRange> {
    for (let at = base ?? FIRST; at + count < END; at += 100) {
      const range = await PortRange.take(at, count);
      if (range !== undefined) return range;
      if (base !== undefined) throw new Error(`the ports above ${base} are taken`);
    }
    throw new Error(`there are no ${count} consecutive free ports from ${FIRST} to ${END}`);
  }

  /** Lets others have the ports. */
  release(): void {
    this.lock.close();
  }

  private static async take(base: number, count: number): Promise<PortRange | undefined> {
    // A name in the kernel's own namespace of sockets (unix(7), abstract): nobody else can have it, and it ends with this process.
    const lock = await listen({ path: `\0taas-lab-ports-${base}` });
    if (lock === undefined) return undefined;
    const range = new PortRange(base, lock.unref());
    const ports = Array.from({ length: count }, (_, index) => isFree(base + 1 + index));
    if ((await Promise.all(ports)).every(Boolean)) return range;
    range.release();
    return undefined;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: "127.0.0.1", exclusive: true });
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** A server that listens there; undefined where another does. */
function listen(
  where: { path: string } | { port: number; host: string; exclusive: true },
): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}
