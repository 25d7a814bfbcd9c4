import { readdirSync, readFileSync } from "node:fs";
import type { Lab } from "../../test/lab/lab";
import { startCommand } from "../command";
import { startCrowdedLab } from "../crowdedLab";
import { type Extent, type Figure, milliseconds, roundsOf, type Section } from "../figure";
import { median, timed } from "../measure";

/** Milliseconds of processor time that a scrape may take. */
const ALLOWED = 1000;

/** What a scrape of many taps costs the process that serves the metrics. */
export async function measureMetrics(extent: Extent): Promise<Section[]> {
  const [hosts, taps] = extent === "full" ? [20, 50] : [1, 3];
  const rounds = roundsOf(extent, 9);
  const { lab, handlers } = await startCrowdedLab(hosts, taps);
  try {
    await handlers.context.close();
    const scrapes = await scrapeAll(lab, rounds);
    const title = `One scrape of ${hosts * taps} taps on ${hosts} hosts`;
    return [{ title, figures: figuresOf(scrapes), notes: [BASELINE] }];
  } finally {
    await lab.stop();
  }
}

/** What one scrape took, in milliseconds. */
interface Scrape {
  processor: number;
  time: number;
}

async function scrapeAll(lab: Lab, rounds: number): Promise<Scrape[]> {
  const hosts = lab.hosts.flatMap(({ name }) => ["--host", name]);
  const words = ["metrics", ...hosts, "--ssh-config", lab.sshConfig, "--listen", "127.0.0.1:0"];
  const serving = await startCommand(words);
  try {
    const url = serving.line.replace(/^.* /, "");
    const scrapes: Scrape[] = [];
    // The first one connects.
    for (let round = -1; round < rounds; round++) {
      const before = processorTime(serving.pid);
      let page = "";
      const time = await timed(async () => {
        page = await (await fetch(url)).text();
      });
      const read = page.match(/^taas_host_up\{.*\} 1$/gm)?.length;
      if (read !== lab.hosts.length) throw new Error(`only ${read} hosts were read`);
      if (round >= 0) scrapes.push({ processor: processorTime(serving.pid) - before, time });
    }
    return scrapes;
  } finally {
    await serving.stop();
  }
}

/**
 * Milliseconds of processor time that a process's threads have had until now. The kernel counts it in nanoseconds for
 * each thread (its documentation: sched-stats), and in ticks of 10 ms for a process, of which a short scrape may take
 * none.
 */
function processorTime(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const times = readdirSync(folder).map((thread) => readFileSync(`${folder}/${thread}/schedstat`, "utf8"));
  return times.reduce((sum, time) => sum + Number.parseInt(time, 10), 0) / 1e6;
}

const BASELINE = "baseline of the processor time: what it may be";

function figuresOf(scrapes: readonly Scrape[]): Figure[] {
  const [processor, time] = [scrapes.map((one) => one.processor), scrapes.map((one) => one.time)].map(median);
  return [
    {
      what: "processor time",
      ours: milliseconds(processor!),
      baseline: milliseconds(ALLOWED),
      ratio: processor! / ALLOWED,
      target: { atMost: 1 },
    },
    {
      what: "time until the page is there, against the processor time",
      ours: milliseconds(time!),
      baseline: milliseconds(processor!),
      ratio: time! / processor!,
    },
  ];
}
