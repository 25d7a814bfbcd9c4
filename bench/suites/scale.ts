import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../../test/engine/fixtureProject";
import { type Lab, startLab } from "../../test/lab/lab";
import { bareTap, crowd } from "../crowd";
import { type Extent, type Figure, roundsOf, type Section, timeFigure } from "../figure";
import { Handlers } from "../handlers";
import { median, ratioOf } from "../measure";
import type { OneMore } from "../oneMore";
import { plot } from "../plot";

const execute = promisify(execFile);

/** Where the plot goes. */
const PLOT = "docs/performance-scale.svg";

/** How many taps the hosts have: those of the environment's TAAS_BENCH_TAPS, separated by commas and ascending, or up to 5,000. */
function sizesWanted(): number[] {
  return (process.env.TAAS_BENCH_TAPS ?? "10,100,1000,5000").split(",").map(Number);
}

/** What was measured on a host of one size, in each round. */
interface Measured {
  size: number;
  /** One more tap where all ports but that have one. */
  more: OneMore[];
  /** The first tap where there are as many ports. */
  first: OneMore[];
  /** The bare transaction, where all ports have a tap. */
  bare: number[];
}

/** One more tap on a host that has few, or very many, against the first one there, and against the host that has fewest. */
export async function measureScale(extent: Extent): Promise<Section[]> {
  const sizes = extent === "full" ? sizesWanted() : [3, 9];
  const rounds = roundsOf(extent, 3);
  const vms = [...sizes, ...sizes].map((_, index) => ({ name: `ids${index + 1}`, host: index + 1 }));
  const lab = await startLab({ hosts: vms.length, vms });
  try {
    const handlers = new Handlers(lab.sshConfig);
    const sites = [];
    for (const [index, count] of sizes.entries()) {
      const [tapped, untapped] = [2 * index + 1, 2 * index + 2];
      const more = await crowd(lab, handlers, tapped, { count, taps: "all" });
      const first = await crowd(lab, handlers, untapped, { count, taps: "none" });
      const measured: Measured = { size: count, more: [], first: [], bare: [] };
      sites.push({ tapped, more, first, measured });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { tapped, more, first, measured } of sites) {
        measured.bare.push(await bareTap(lab, tapped, `p${measured.size + 1}`));
        measured.more.push(await oneMore(lab, more));
        measured.first.push(await oneMore(lab, first));
      }
    }
    const all = sites.map(({ measured }) => measured);
    if (extent === "full") writePlot(all);
    const figures = [...againstFirst(all), ...againstFewest(all), ...againstBare(all)];
    return [{ title: "One more tap on a host", figures, notes: [BARE] }];
  } finally {
    await lab.stop();
  }
}

/** Makes a flow in a process of its own. */
async function oneMore({ sshConfig }: Lab, flow: object): Promise<OneMore> {
  const worker = join(__dirname, "../oneMore.js");
  const { stdout } = await execute(process.execPath, [worker, sshConfig, JSON.stringify(flow)]);
  return JSON.parse(stdout);
}

const times = (made: readonly OneMore[]) => made.map(({ time }) => time);
const memories = (made: readonly OneMore[]) => made.map(({ memory }) => memory);

function againstFirst(all: readonly Measured[]): Figure[] {
  return all.map(({ size, more, first }, index) => {
    const what = `time, with ${size} taps there against the first of a host with as many ports`;
    const target = index === all.length - 1 ? { atMost: 3 } : undefined;
    return timeFigure(what, { ours: times(more), baseline: times(first) }, target);
  });
}

function againstFewest([fewest, ...others]: readonly Measured[]): Figure[] {
  const against = (size: number) => `with ${size} taps there against ${fewest!.size}`;
  return [
    ...others.map(({ size, more }) =>
      timeFigure(`time, ${against(size)}`, { ours: times(more), baseline: times(fewest!.more) }),
    ),
    ...others.map(({ size, bare }) =>
      timeFigure(`the bare transaction, ${against(size)}`, { ours: bare, baseline: fewest!.bare }),
    ),
    ...others.map(({ size, more }): Figure => {
      const pairs = { ours: memories(more), baseline: memories(fewest!.more) };
      const show = (values: number[]) => `${median(values).toFixed(0)} MiB`;
      return {
        what: `memory of the process, ${against(size)}`,
        ours: show(pairs.ours),
        baseline: show(pairs.baseline),
        ratio: ratioOf(pairs),
      };
    }),
  ];
}

const BARE =
  "bare: one transaction that puts the port into the Mirror and writes as much as a claim, and ovs-vswitchd's word that it took effect, over SSH";

function againstBare(all: readonly Measured[]): Figure[] {
  return all.map(({ size, more, bare }) =>
    timeFigure(`time with ${size} taps there, against the bare transaction`, {
      ours: times(more),
      baseline: bare,
    }),
  );
}

function writePlot(all: readonly Measured[]): void {
  const series = [
    { name: "Time of one more tap", unit: "ms", values: all.map(({ more }) => median(times(more))) },
    { name: "Memory of the process", unit: "MiB", values: all.map(({ more }) => median(memories(more))) },
  ];
  const sizes = all.map(({ size }) => size);
  writeFileSync(join(repositoryRoot(), PLOT), plot("taps on the host", sizes, series));
}
