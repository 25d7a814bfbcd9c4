import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { startUntil } from "./command.js";

// Everything of a lab runs in one PID namespace whose first process waits for the end of its standard input. The end comes
// with `stop`, and just so when the process that started the lab is killed in any way. The kernel then kills what is in the
// PID namespace and lets `unshare` return only when all of it is gone; what is left to remove are names.
const FIRST_PROCESS = `
read -r pid rest < /proc/self/stat   # this /proc is the machine's: the number the machine knows this process by
echo "lab $pid"
while read -r line; do :; done
`;

const WATCHDOG = `
trap '' INT TERM HUP
unshare --pid --fork --kill-child -- bash -c "$3"
for path in /run/netns/"taas-$1"-*; do
  if [ -e "$path" ]; then ip netns delete "\${path##*/}"; fi
done
rm -rf -- "$2"
`;

/** Milliseconds. A small lab is gone in a tenth of a second, one of 100 hosts in some, unless something that the kernel cannot kill is in it. */
const STOP_TIME_LIMIT = 120_000;

/** The process that ends a lab when its owner does. */
export class Watchdog {
  private constructor(
    private readonly process: ChildProcess,
    /** The `nsenter` words that put a command into the lab's PID namespace. */
    readonly enter: readonly string[],
  ) {}

  /** Guards the namespaces `taas-<id>-*` and the directory, from now on. */
  static async start(id: string, directory: string): Promise<Watchdog> {
    const argv = ["bash", "-c", WATCHDOG, "watchdog", id, directory, FIRST_PROCESS];
    const { child, match } = await startUntil(argv, /^lab (\d+)$/m);
    return new Watchdog(child, ["nsenter", `--pid=/proc/${match[1]}/ns/pid`]);
  }

  /** Ends every process of the lab, removes its namespaces and its directory; resolves when all is gone. Idempotent. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.ref();
    const exit = once(this.process, "exit", { signal: AbortSignal.timeout(STOP_TIME_LIMIT) });
    this.process.stdin!.end();
    await exit;
  }
}
