import type { Stack } from "../../test/engine/stack";
import { startLab } from "../../test/lab/lab";
import { type Cloud, cloudVms } from "../cloud";
import { type Extent, roundsOf, type Section, type Target, timeFigure } from "../figure";
import type { Pairs } from "../measure";
import { idleProgram, tapProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** What is run on a stack one after another, and what each may take against the idle program. */
const ALL_STEPS: { what: string; target?: Target; run(stack: Stack): Promise<number> }[] = [
  {
    what: "first preview",
    target: { atMost: 1.15 },
    run: async (stack) => duration(await stack.preview(RUN)),
  },
  { what: "up", target: { atMost: 1.3 }, run: async (stack) => duration(await stack.up(RUN)) },
  {
    what: "up without a change",
    target: { atMost: 1.15 },
    run: async (stack) => duration(await stack.up({ ...RUN, expectNoChanges: true })),
  },
  {
    what: "preview without a change",
    target: { atMost: 1.15 },
    run: async (stack) => duration(await stack.preview({ ...RUN, expectNoChanges: true })),
  },
  {
    what: "refresh",
    target: { atMost: 1.5 },
    run: async (stack) => duration(await stack.refresh({ ...RUN, expectNoChanges: true })),
  },
  { what: "destroy", run: async (stack) => duration(await stack.destroy(RUN)) },
];

/** A smoke run saves time. */
const SMOKE_STEPS = ["up", "refresh", "destroy"];

/** All taps of a cloud on real hosts, against as many dynamic resources that do nothing. */
export async function measureEngine(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = extent === "full" ? { hosts: 10, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 2 };
  const steps = extent === "full" ? ALL_STEPS : ALL_STEPS.filter(({ what }) => SMOKE_STEPS.includes(what));
  const rounds = roundsOf(extent, 5);
  const lab = await startLab({ hosts: cloud.hosts, vms: cloudVms(cloud) });
  try {
    const sections: Section[] = [];
    for (const use of await engines()) {
      const config = { "taas:sshConfig": lab.sshConfig };
      const programs = { ours: tapProgram(cloud), baseline: idleProgram(cloud) };
      const pairs: Pairs[] = steps.map(() => ({ ours: [], baseline: [] }));
      let engine = "";
      for (let round = 0; round < rounds; round++) {
        const order = round % 2 === 0 ? (["baseline", "ours"] as const) : (["ours", "baseline"] as const);
        for (const which of order) {
          await withStack(programs[which], { config, use }, async (stack) => {
            engine = stack.engine;
            for (const [index, step] of steps.entries()) pairs[index]![which].push(await step.run(stack));
          });
        }
      }
      const taps = cloud.hosts * cloud.tapsPerHost;
      sections.push({
        title: `${taps} taps on ${cloud.hosts} hosts against ${taps} idle resources, ${engine}`,
        figures: steps.map(({ what, target }, index) => timeFigure(what, pairs[index]!, target)),
        notes: [],
      });
    }
    return sections;
  } finally {
    await lab.stop();
  }
}
