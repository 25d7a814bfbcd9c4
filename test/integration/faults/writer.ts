import { Driver, type Made } from "../../driver/driver";
import { makeService, makeTaps, type Share } from "./shares";

/** What a writer is told, one after the other: whose hosts and which share, then to make it, to change half of it away and back, to remove it. */
export type Task = { sshConfig: string; share: Share } | "make" | "change" | "remove";

/** How a task ended. */
export interface Done {
  error?: string;
}

let driver: Driver;
let share: Share;
let service: Made;
let flows: Made[] = [];

const tasks = {
  async make() {
    service = await makeService(driver, share);
    flows = await makeTaps(driver, share, service, share.taps);
  },
  async change() {
    const [kept, gone] = [0, 1].map((odd) => flows.filter((_, index) => index % 2 === odd));
    await Promise.all(gone!.map((flow) => driver.delete(flow)));
    const taps = share.taps.filter(({ port }) => gone!.some(({ name }) => name === port));
    flows = [...kept!, ...(await makeTaps(driver, share, service, taps))];
  },
  async remove() {
    await Promise.all(flows.map((flow) => driver.delete(flow)));
    await driver.delete(service);
  },
};

async function carryOut(task: Task): Promise<Done> {
  try {
    if (typeof task === "string") await tasks[task]();
    else {
      share = task.share;
      driver = new Driver(task);
    }
    return {};
  } catch (error) {
    return { error: `${share.stack}: ${(error as Error).message}` };
  }
}

process.on("message", (task: Task) => void carryOut(task).then((done) => process.send!(done)));
process.once("disconnect", () => process.exit(0));
