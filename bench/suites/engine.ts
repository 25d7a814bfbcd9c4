import type { Stack } from "../../test/engine/stack";
import { startLab } from "../../test/lab/lab";
import { type Cloud, cloudVms } from "../cloud";
import { type Extent, roundsOf, type Section, type Target, timeFigure } from "../figure";
import { idleProgram, leastProgram, tapProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** What is run on a stack, and what it may take against the idle program. */
interface Step {
  what: string;
  target?: Target;
  run(stack: Stack): Promise<number>;
}

/** One after another. */
const ALL_STEPS: Step[] = [
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

/** The steps that go to the hosts; a smoke run has no others. */
const HOST_STEPS = ["up", "refresh", "destroy"];

/** Ours, what does the least, and what does nothing. */
type Program = "ours" | "least" | "idle";

/** A step with its milliseconds, round by round. */
type Timed = Step & Record<Program, number[]>;

/** All taps of a cloud on real hosts, against as many dynamic resources that do nothing, or the least there is to do. */
export async function measureEngine(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = extent === "full" ? { hosts: 10, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 2 };
  const steps = extent === "full" ? ALL_STEPS : ALL_STEPS.filter(({ what }) => HOST_STEPS.includes(what));
  const rounds = roundsOf(extent, 5);
  const lab = await startLab({ hosts: cloud.hosts, vms: cloudVms(cloud) });
  try {
    const sections: Section[] = [];
    const logins = lab.hosts.map(({ sshPort }) => ({ port: sshPort, identity: lab.ssh.identity }));
    const programs = {
      ours: tapProgram(cloud),
      least: leastProgram(cloud, logins),
      idle: idleProgram(cloud),
    };
    for (const use of await engines()) {
      const config = { "taas:sshConfig": lab.sshConfig };
      const timed = steps.map((step): Timed => ({ ...step, ours: [], least: [], idle: [] }));
      let engine = "";
      for (let round = 0; round < rounds; round++) {
        const order: Program[] = round % 2 === 0 ? ["idle", "least", "ours"] : ["ours", "least", "idle"];
        for (const which of order) {
          await withStack(programs[which], { config, use }, async (stack) => {
            engine = stack.engine;
            for (const step of timed) step[which].push(await step.run(stack));
          });
        }
      }
      const taps = cloud.hosts * cloud.tapsPerHost;
      const onHosts = timed.filter(({ what }) => HOST_STEPS.includes(what));
      sections.push({
        title: `${taps} taps on ${cloud.hosts} hosts against ${taps} idle resources, ${engine}`,
        figures: [
          ...timed.map(({ what, target, ours, idle }) => timeFigure(what, { ours, baseline: idle }, target)),
          ...onHosts.map(({ what, least, idle }) =>
            timeFigure(`${what}, the least there is to do`, { ours: least, baseline: idle }),
          ),
          ...onHosts.map(({ what, ours, least }) =>
            timeFigure(`${what}, against the least there is to do`, { ours, baseline: least }),
          ),
        ],
        notes: [],
      });
    }
    return sections;
  } finally {
    await lab.stop();
  }
}
