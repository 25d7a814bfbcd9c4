import { type Lab, startLab } from "../test/lab/lab";
import { crowd } from "./crowd";
import { Handlers } from "./handlers";

/** Hosts that each have the same number of taps. */
export interface CrowdedLab {
  lab: Lab;
  handlers: Handlers;
  /** The checked inputs of one more tap on each host. */
  more: object[];
}

/** Starts a lab of hosts with a service and so many taps each. */
export async function startCrowdedLab(hosts: number, taps: number): Promise<CrowdedLab> {
  const vms = Array.from({ length: hosts }, (_, index) => ({ name: `ids${index + 1}`, host: index + 1 }));
  const lab = await startLab({ hosts, vms });
  try {
    const handlers = new Handlers(lab.sshConfig);
    const more: object[] = [];
    for (const { number } of lab.hosts)
      more.push(await crowd(lab, handlers, number, { count: taps, taps: "all" }));
    return { lab, handlers, more };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}
