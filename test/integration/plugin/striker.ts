import { appendFileSync } from "node:fs";
import { Socket } from "node:net";

/** What is struck: the plugin or the engine by SIGKILL, or the engine by SIGINT, which Ctrl-C sends. */
export type Strike = "plugin" | "engine" | "interrupt";

/** When the plugin strikes, and whom: just before it writes to a host for the `at`-th time. 0: never. */
export interface Order {
  at: number;
  strike: Strike;
  /** Ports of the hosts' SSH servers. */
  ports: readonly number[];
  /** A file that takes what happens, a line each: `began` with the process, `struck`, `wrote` with how often. */
  journal: string;
}

/** Loaded by NODE_OPTIONS into every Node.js process of a run; only the plugin has something to do. */
const { TAAS_STRIKE: order } = process.env;
if (order !== undefined && process.argv[1]?.endsWith("pulumi-resource-taas")) watch(JSON.parse(order));

function watch({ at, strike, ports, journal }: Order): void {
  const note = (what: string) => appendFileSync(journal, `${what}\n`);
  note(`began ${process.pid}`);
  let writes = 0;
  const { write } = Socket.prototype;
  Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>): boolean {
    if (ports.includes(this.remotePort ?? 0) && ++writes === at) {
      note("struck");
      if (strike === "plugin") process.kill(process.pid, "SIGKILL");
      else process.kill(process.ppid, strike === "engine" ? "SIGKILL" : "SIGINT");
    }
    return Reflect.apply(write, this, args);
  } as typeof write;
  process.on("exit", () => note(`wrote ${writes}`));
}
