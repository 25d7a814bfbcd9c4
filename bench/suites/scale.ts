import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../../test/engine/fixtureProject";
import { startLab } from "../../test/lab/lab";
import { bareTap, crowd } from "../crowd";
import { type Extent, type Figure, milliseconds, roundsOf, type Section } from "../figure";
import { Handlers } from "../handlers";
import { median } from "../measure";
import type { OneMore } from "../oneMore";
import { plot } from "../plot";

const execute = promisify(execFile);

/** Where the plot goes. */
const PLOT = "docs/performance-scale.svg";

/** How many taps the hosts have: those of the environment's TAAS_BENCH_TAPS, separated by commas and ascending, or up to 5,000. */
function sizesWanted(): number[] {
  return (process.env.TAAS_BENCH_TAPS ?? "10,100,1000,5000").split(",").map(Number);
}

/** One more tap on a host that has few, or very many, against the one that has fewest. */
export async function measureScale(extent: Extent): Promise<Section[]> {
  const sizes = extent === "full" ? sizesWanted() : [3, 9];
  const rounds = roundsOf(extent, 3);
  const vms = sizes.map((_, index) => ({ name: `ids${index + 1}`, host: index + 1 }));
  const lab = await startLab({ hosts: sizes.length, vms });
  try {
    const handlers = new Handlers(lab.sshConfig);
    const flows: object[] = [];
    for (const [index, size] of sizes.entries()) flows.push(await crowd(lab, handlers, index + 1, size));
    const worker = join(__dirname, "../oneMore.js");
    const measured: OneMore[][] = sizes.map(() => []);
    const bare: number[][] = sizes.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, flow] of flows.entries()) {
        bare[index]!.push(await bareTap(lab, index + 1, `p${sizes[index]! + 1}`));
        const argv = [worker, lab.sshConfig, JSON.stringify(flow)];
        const { stdout } = await execute(process.execPath, argv);
        measured[index]!.push(JSON.parse(stdout));
      }
    }
    const times = measured.map((each) => median(each.map(({ time }) => time)));
    const memories = measured.map((each) => median(each.map(({ memory }) => memory)));
    if (extent === "full") writePlot(sizes, times, memories);
    const least = bare.map(median);
    const all = [...figures(sizes, times, memories), ...floors(sizes, times, least)];
    return [{ title: "One more tap on a host", figures: all, notes: [BARE] }];
  } finally {
    await lab.stop();
  }
}

function figures(sizes: readonly number[], times: readonly number[], memories: readonly number[]): Figure[] {
  const line = (what: string, values: readonly number[], show: (value: number) => string) =>
    sizes.slice(1).map((size, index): Figure => {
      const [value, first] = [values[index + 1]!, values[0]!];
      const figure = {
        what: `${what}, with ${size} taps there against ${sizes[0]}`,
        ours: show(value),
        baseline: show(first),
        ratio: value / first,
      };
      const isLast = size === sizes.at(-1) && what === "time";
      return isLast ? { ...figure, target: { atMost: 3 } } : figure;
    });
  return [
    ...line("time", times, milliseconds),
    ...line("memory of the process", memories, (value) => `${value.toFixed(0)} MiB`),
  ];
}

const BARE =
  "bare: one transaction that puts the port into the Mirror and writes as much as a claim, and ovs-vswitchd's word that it took effect, over SSH";

/** What Open vSwitch itself takes, and ours against that. */
function floors(sizes: readonly number[], times: readonly number[], least: readonly number[]): Figure[] {
  const figure = (what: string, ours: number, baseline: number): Figure => ({
    what,
    ours: milliseconds(ours),
    baseline: milliseconds(baseline),
    ratio: ours / baseline,
  });
  return [
    ...sizes.slice(1).map((size, index) => {
      const what = `the bare transaction, with ${size} taps there against ${sizes[0]}`;
      return figure(what, least[index + 1]!, least[0]!);
    }),
    ...sizes.map((size, index) =>
      figure(`time with ${size} taps there, against the bare transaction`, times[index]!, least[index]!),
    ),
  ];
}

function writePlot(sizes: readonly number[], times: readonly number[], memories: readonly number[]): void {
  const series = [
    { name: "Time of one more tap", unit: "ms", values: times },
    { name: "Memory of the process", unit: "MiB", values: memories },
  ];
  writeFileSync(join(repositoryRoot(), PLOT), plot("taps on the host", sizes, series));
}
