import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Moment, Order, Report } from "./killer";

const MOMENTS: readonly Moment[] = ["before", "during", "after"];

/** So many moments of a run with so many calls to hosts, evenly over all of them; every one if the environment says so. */
export function momentsOf(calls: number, count: number): Pick<Order, "at" | "moment">[] {
  const all = Array.from({ length: calls * MOMENTS.length }, (_, index) => ({
    at: Math.floor(index / MOMENTS.length) + 1,
    moment: MOMENTS[index % MOMENTS.length]!,
  }));
  if (process.env.TAAS_FAULTS === "all") return all;
  const step = all.length / count;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index + 0.5) * step)]!);
}

/** Children that have loaded the provider and wait for their order, so that none has to be waited for. */
export class Killers {
  private readonly ready: ChildProcess[] = [];

  /** Carries out an order in a process of its own. Undefined: it was killed where the order says. */
  async run(order: Order): Promise<Report | undefined> {
    const child = this.ready.pop() ?? this.start();
    this.ready.push(this.start());
    let report: Report | undefined;
    child.on("message", (message: Report) => {
      report = message;
    });
    const exited = once(child, "exit");
    child.send(order);
    await exited;
    return report;
  }

  /** Lets the waiting children go. */
  stop(): void {
    for (const child of this.ready.splice(0)) child.disconnect();
  }

  private start(): ChildProcess {
    return fork(join(__dirname, "killer.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }
}
