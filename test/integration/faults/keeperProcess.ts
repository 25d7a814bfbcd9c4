import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../../lab/host";
import type { Vm } from "../../lab/vm";
import { datagram } from "../copies/traffic";

/** Where a host has its keeper. */
export const FOLDER = "/var/lib/pulumi-taas";
export const UNIT = "/etc/systemd/system/taas-keeper.service";

/** Seconds within which copies must flow again, far more than they take. */
const LIMIT = 15;

const LOG = "/run/taas-keeper.log";

/** A host's keeper, started as its unit would start it. */
export class KeeperProcess {
  private constructor(
    private readonly host: LabHost,
    private readonly pid: number,
  ) {}

  static async start(host: LabHost): Promise<KeeperProcess> {
    const said = await host.ovs(`setsid sh ${FOLDER}/taas-keeper run </dev/null >${LOG} 2>&1 & echo $!`);
    const keeper = new KeeperProcess(host, Number(said.trim()));
    await until(async () => (await keeper.log()).includes("watching"));
    return keeper;
  }

  /** What it said. */
  log(): Promise<string> {
    return this.host.ovs(`cat ${LOG}`);
  }

  /** Prints what it said, ends it, and waits until it and its watchers are gone. */
  async stop(): Promise<void> {
    console.log((await this.log()).trimEnd().replace(/^/gm, "      "));
    await this.host.ovs(`kill ${this.pid}; while [ -e /proc/${this.pid}/stat ]; do sleep 0.05; done`);
    await until(async () => (await this.processes()) === 0);
  }

  /** How many processes of its session there are. */
  async processes(): Promise<number> {
    const script = `for stat in /proc/[0-9]*/stat; do cat $stat 2>/dev/null; done | sed 's/.*) //' | awk '$4 == ${this.pid}'`;
    return (await this.host.ovs(script)).split("\n").filter(Boolean).length;
  }

  /** Kibibytes of memory that all its processes have of their own. */
  async memory(): Promise<number> {
    const own = await this.host.ovs(`
for stat in /proc/[0-9]*/stat; do
  [ "$(sed 's/.*) //' $stat 2>/dev/null | awk '{ print $4 }')" != ${this.pid} ] || cat "\${stat%stat}smaps_rollup"
done 2>/dev/null | awk '/^Private/ { all += $2 } END { print all + 0 }'`);
    return Number(own);
  }
}

/** Waits for a condition. */
export async function until(holds: () => Promise<boolean>, seconds = LIMIT): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not so within ${seconds} s: ${holds}`);
    await sleep(50);
  }
}

/** Sends from a VM until a copy is at the monitor; resolves with the frames that had none, and the seconds since `since`. */
async function untilCopied(
  [from, to, monitor]: readonly [Vm, Vm, Vm],
  since: number,
): Promise<{ missed: number; seconds: number }> {
  const capture = await monitor.capture();
  let sent = 0;
  try {
    await until(async () => {
      const frame = datagram(from, to);
      await from.send([frame]);
      sent++;
      await sleep(20);
      return capture.frames.some((copy) => copy.includes(frame.subarray(0, 6)));
    });
    return { missed: sent - 1, seconds: (performance.now() - since) / 1000 };
  } finally {
    await capture.stop();
  }
}

/** Waits until copies arrive on all these ways; resolves with how many frames had none, and prints how long it took. */
export async function untilAllCopied(
  ways: readonly (readonly [Vm, Vm, Vm])[],
  since: number,
  what: string,
): Promise<number> {
  const found = await Promise.all(ways.map((way) => untilCopied(way, since)));
  const seconds = Math.max(...found.map((one) => one.seconds));
  console.log(`      copies of all taps flow ${seconds.toFixed(2)} s after ${what}`);
  return found.reduce((sum, { missed }) => sum + missed, 0);
}
