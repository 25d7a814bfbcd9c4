import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repositoryRoot } from "../../test/engine/fixtureProject";
import type { Stack } from "../../test/engine/stack";
import { type Lab, startLab } from "../../test/lab/lab";
import { type Cloud, cloudVms } from "../cloud";
import { type Extent, type Figure, roundsOf, type Section, timeFigure } from "../figure";
import { interleave, type Pairs, timed } from "../measure";
import { tapProgram, yamlProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** Milliseconds in which the plugin is to be up. */
const START = 250;

/** A cloud of one pair of hosts with a tap each: what most of a run is spent on is the program's start. */
const SMALL: Cloud = { hosts: 2, tapsPerHost: 1 };

/** What the plugin takes, which serves YAML, against the dynamic provider, which serves the same program in TypeScript. */
export async function measureLanguages(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = extent === "full" ? { hosts: 10, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 2 };
  const rounds = roundsOf(extent, 3);
  const lab = await startLab({ hosts: cloud.hosts, vms: cloudVms(cloud) });
  try {
    const sections = [await measureStart(roundsOf(extent, 9))];
    for (const use of await engines()) {
      const large = await measureRuns(lab, cloud, { use, rounds });
      const small = await measureRuns(lab, SMALL, { use, rounds });
      const taps = cloud.hosts * cloud.tapsPerHost;
      const figures: Figure[] = [
        timeFigure(`up of ${taps} taps`, large.up, { atMost: 1.15 }),
        timeFigure(`refresh of ${taps} taps`, large.refresh, { atMost: 1.15 }),
        timeFigure("up of two taps", small.up, { atMost: 0.5 }),
      ];
      sections.push({
        title: `A YAML program against one in TypeScript, ${large.engine}`,
        figures,
        notes: [],
      });
    }
    return sections;
  } finally {
    await lab.stop();
  }
}

/** Makes a cloud's taps, reads and deletes them, in either language. */
async function measureRuns(
  lab: Lab,
  cloud: Cloud,
  { use, rounds }: { use: "engine" | "cli"; rounds: number },
): Promise<{ up: Pairs; refresh: Pairs; engine: string }> {
  const refresh: Pairs = { ours: [], baseline: [] };
  let engine = "";
  const run = (program: Parameters<typeof withStack>[0], refreshes: number[]) => () =>
    withStack(program, { config: { "taas:sshConfig": lab.sshConfig }, use }, async (stack: Stack) => {
      engine = stack.engine;
      const up = duration(await stack.up(RUN));
      refreshes.push(duration(await stack.refresh({ ...RUN, expectNoChanges: true })));
      duration(await stack.destroy(RUN));
      return up;
    });
  const ours = run(yamlProgram(cloud), refresh.ours);
  const up = await interleave(rounds, ours, run(tapProgram(cloud), refresh.baseline));
  return { up, refresh, engine };
}

/** From the start of a provider's process to its port. */
async function measureStart(rounds: number): Promise<Section> {
  const plugin = [join(repositoryRoot(), "plugin/pulumi-resource-taas")];
  const dynamic = [process.execPath, require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), "127.0.0.1:1"];
  const started = (command: readonly string[]) => () => timed(() => start(command));
  const pairs = await interleave(rounds, started(plugin), started(dynamic));
  const limit = pairs.ours.map(() => START);
  return {
    title: "A provider's process, from its start to its port",
    figures: [
      timeFigure("the plugin, against its limit", { ours: pairs.ours, baseline: limit }, { atMost: 1 }),
      timeFigure("the plugin, against the dynamic provider", pairs),
    ],
    notes: [],
  };
}

async function start([command, ...args]: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn(command!, args, { stdio: ["ignore", "pipe", "ignore"] });
  await once(createInterface({ input: child.stdout! }), "line");
  child.kill("SIGKILL");
}
