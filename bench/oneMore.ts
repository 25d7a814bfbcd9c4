import { Handlers } from "./handlers";
import { median, timed } from "./measure";

/** What adding one tap took. */
export interface OneMore {
  /** Milliseconds. */
  time: number;
  /** Most memory the process ever had, in MiB. */
  memory: number;
}

const TIMES = 3;

/** A process of its own, so that its memory is that of this work alone: makes one tap and takes it away again, some times over. */
async function main(): Promise<void> {
  const [sshConfig, flow] = process.argv.slice(2) as [string, string];
  const handlers = new Handlers(sshConfig);
  const inputs = JSON.parse(flow);
  const times: number[] = [];
  for (let round = 0; round <= TIMES; round++) {
    let made = {};
    const time = await timed(async () => {
      made = await handlers.create("TapFlow", inputs);
    });
    if (round > 0) times.push(time); // the first one connects
    await handlers.delete("TapFlow", made);
  }
  const result: OneMore = { time: median(times), memory: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(JSON.stringify(result));
}

main().then(
  () => process.exit(),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
