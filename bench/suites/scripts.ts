import type { Stack } from "../../test/engine/stack";
import { type Lab, startLab } from "../../test/lab/lab";
import { type Cloud, cloudVms, monitors } from "../cloud";
import { type Extent, roundsOf, type Section, speedFigure } from "../figure";
import { interleave } from "../measure";
import { idleProgram, scriptProgram, tapProgram } from "../programs";
import { duration, engines, RUN, withStack } from "../stacks";

/** Takes everything off the hosts that the scripts made, and brings the monitors home. */
async function clean(lab: Lab, cloud: Cloud): Promise<void> {
  await Promise.all(
    lab.hosts.map((host) =>
      host.ovs(`ovs-vsctl clear Bridge br-int mirrors -- --if-exists del-br br-tap
for port in $(ovs-vsctl list-ports br-int | grep '^mi'); do ovs-vsctl del-port "$port"; done`),
    ),
  );
  await Promise.all([...monitors(cloud).keys()].map((name) => lab.vm(name).plug()));
}

/** All taps of a cloud, against a script over SSH for each. */
export async function measureScripts(extent: Extent): Promise<Section[]> {
  const cloud: Cloud = extent === "full" ? { hosts: 10, tapsPerHost: 10 } : { hosts: 2, tapsPerHost: 2 };
  const rounds = roundsOf(extent, 3);
  const lab = await startLab({ hosts: cloud.hosts, vms: cloudVms(cloud) });
  try {
    const sections: Section[] = [];
    const config = { "taas:sshConfig": lab.sshConfig };
    const ports = lab.hosts.map(({ sshPort }) => sshPort);
    const scripts = scriptProgram(cloud, { ports, identity: lab.ssh.identity });
    for (const use of await engines()) {
      let engine = "";
      const up = (program: string, end: (stack: Stack) => Promise<unknown>) =>
        withStack(program, { config, use }, async (stack) => {
          engine = stack.engine;
          const took = duration(await stack.up(RUN));
          await end(stack);
          return took;
        });
      const destroy = async (stack: Stack) => duration(await stack.destroy(RUN));
      const ours = () => up(tapProgram(cloud), destroy);
      const baseline = () => up(scripts, () => clean(lab, cloud));
      const idle: number[] = [];
      const pairs = await interleave(rounds, ours, async () => {
        idle.push(await up(idleProgram(cloud), destroy));
        return baseline();
      });
      const net = (times: readonly number[]) => times.map((time, round) => time - idle[round]!);
      const taps = cloud.hosts * cloud.tapsPerHost;
      sections.push({
        title: `${taps} taps on ${cloud.hosts} hosts against a script over SSH for each, ${engine}`,
        figures: [
          speedFigure("up, times as fast", pairs, { atLeast: 5 }),
          speedFigure("the same, less the time of as many idle resources", {
            ours: net(pairs.ours),
            baseline: net(pairs.baseline),
          }),
        ],
        notes: [],
      });
    }
    return sections;
  } finally {
    await lab.stop();
  }
}
