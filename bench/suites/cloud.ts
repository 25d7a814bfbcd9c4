import type { Stack } from "../../test/engine/stack";
import { startLab } from "../../test/lab/lab";
import { type Cloud, monitors, tappedVms } from "../cloud";
import { plugPorts } from "../crowd";
import { type Extent, type Figure, roundsOf, type Section, timeFigure } from "../figure";
import { median, ratioOf } from "../measure";
import { type MemoryNote, noteMemory } from "../memory";
import { leastProgram, tapProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** What is run on a stack, one after another. */
const STEPS = {
  up: async (stack: Stack) => duration(await stack.up(RUN)),
  refresh: async (stack: Stack) => duration(await stack.refresh({ ...RUN, expectNoChanges: true })),
  "up without a change": async (stack: Stack) => duration(await stack.up({ ...RUN, expectNoChanges: true })),
  destroy: async (stack: Stack) => duration(await stack.destroy(RUN)),
};

type Step = keyof typeof STEPS;
const NAMES = Object.keys(STEPS) as Step[];

/** What one program took, round by round. */
interface Measured {
  times: Record<Step, number[]>;
  /** MiB. */
  memory: number[];
}

function nothingYet(): Measured {
  return { times: { up: [], refresh: [], "up without a change": [], destroy: [] }, memory: [] };
}

/** A whole cloud's taps over one mesh, against the least that there is to do on as many hosts. */
export async function measureCloud(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = {
    ...(extent === "full" ? { hosts: 100, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 2 }),
    tunnels: "mesh",
  };
  const rounds = roundsOf(extent, 3);
  const hosts = Array.from({ length: cloud.hosts }, (_, index) => ({
    otherConfig: { local_ip: `192.0.2.${11 + index}` },
  }));
  const vms = [...monitors(cloud)].map(([name, host]) => ({ name, host }));
  const lab = await startLab({ hosts, vms, productionTunnels: "none", neighbours: "unknown" });
  try {
    for (const { number } of lab.hosts) {
      const names = tappedVms(cloud).flatMap(({ host, vm }) => (host === number ? [`tap-${vm}`] : []));
      await plugPorts(lab, number, names);
    }
    const logins = lab.hosts.map(({ sshPort }) => ({ port: sshPort, identity: lab.ssh.identity }));
    const programs = { ours: tapProgram(cloud), least: leastProgram(cloud, logins) };
    const sections: Section[] = [];
    for (const use of await engines()) {
      const measured = { ours: nothingYet(), least: nothingYet() };
      let engine = "";
      for (let round = 0; round < rounds; round++) {
        for (const which of round % 2 === 0 ? (["least", "ours"] as const) : (["ours", "least"] as const)) {
          engine = await measureOnce(programs[which], measured[which], { sshConfig: lab.sshConfig, use });
        }
      }
      sections.push(sectionOf(cloud, engine, measured.ours, measured.least));
    }
    return sections;
  } finally {
    await lab.stop();
  }
}

/** Resolves to what the engine is called. */
async function measureOnce(
  program: string,
  { times, memory }: Measured,
  { sshConfig, use }: { sshConfig: string; use: "engine" | "cli" },
): Promise<string> {
  const note: MemoryNote = noteMemory();
  try {
    const options = { config: { "taas:sshConfig": sshConfig }, use, env: note.env };
    const engine = await withStack(program, options, async (stack) => {
      for (const name of NAMES) times[name].push(await STEPS[name](stack));
      return stack.engine;
    });
    memory.push(note.read());
    return engine;
  } finally {
    note.remove();
  }
}

function sectionOf(cloud: Cloud, engine: string, ours: Measured, least: Measured): Section {
  const times = NAMES.map((name) =>
    timeFigure(name, { ours: ours.times[name], baseline: least.times[name] }, { atMost: 1.25 }),
  );
  const show = (values: number[]) => `${median(values).toFixed(0)} MiB`;
  const memory: Figure = {
    what: "peak memory of the provider's process",
    ours: show(ours.memory),
    baseline: show(least.memory),
    ratio: ratioOf({ ours: ours.memory, baseline: least.memory }),
  };
  const taps = cloud.hosts * cloud.tapsPerHost;
  return {
    title: `${taps} taps on ${cloud.hosts} hosts over one mesh against the least there is to do, ${engine}`,
    figures: [...times, memory],
    notes: [],
  };
}
