import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { sampleOf } from "../../sample";
import type { Moment, Order, Report } from "./killer";

const MOMENTS: readonly Moment[] = ["before", "during", "after"];

/** Moments of a run with so many calls to hosts: `usual` of them, or `whole`; see `sampleOf`. */
export function momentsOf(
  calls: number,
  usual: number,
  whole: number,
): readonly Pick<Order, "at" | "moment">[] {
  const all = Array.from({ length: calls * MOMENTS.length }, (_, index) => ({
    at: Math.floor(index / MOMENTS.length) + 1,
    moment: MOMENTS[index % MOMENTS.length]!,
  }));
  return sampleOf(all, usual, whole);
}

/** Children that have loaded the provider and wait for their order, so that none has to be waited for. */
export class Killers {
  private readonly ready: ChildProcess[] = [];

  /**
   * Carries out an order in a process of its own. Undefined: it was killed where the order says. `meanwhile`: what is
   * done while it is paused there.
   */
  async run(order: Order, meanwhile?: () => Promise<unknown>): Promise<Report | undefined> {
    const { report } = this.launch(order, meanwhile);
    return report;
  }

  /** Starts to carry out an order. `report` rejects when what is done meanwhile fails. */
  launch(
    order: Order,
    meanwhile: () => Promise<unknown> = async () => {},
  ): { child: ChildProcess; report: Promise<Report | undefined> } {
    const child = this.ready.pop() ?? this.start();
    this.ready.push(this.start());
    const report = new Promise<Report | undefined>((resolve, reject) => {
      let said: Report | undefined;
      child.on("message", (message: Report | "paused") => {
        if (message !== "paused") said = message;
        else meanwhile().then(() => child.send("go on"), reject);
      });
      child.once("exit", () => resolve(said));
    });
    child.send(order);
    return { child, report };
  }

  /** Lets the waiting children go. */
  stop(): void {
    for (const child of this.ready.splice(0)) child.disconnect();
  }

  private start(): ChildProcess {
    return fork(join(__dirname, "killer.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }
}
