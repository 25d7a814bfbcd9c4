import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../../provider/resource/context";
import { createContext } from "../../../provider/runtime";
import { readSettings } from "../../../provider/settings";
import type { Lab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { viewOf } from "./view";

/** A context for stacks of this process. `config`: more of the stack's configuration, without the namespace. */
export function contextFor(lab: Lab, config: Readonly<Record<string, unknown>> = {}): Context {
  const values: Record<string, unknown> = { sshConfig: lab.sshConfig, ...config };
  const settings = readSettings((key) => {
    const value = values[key.replace(/^taas:/, "")];
    return value === undefined ? undefined : String(value);
  });
  return createContext(settings, () => {});
}

/** What the hosts of a lab were at one moment. */
export class Baseline {
  private constructor(
    private readonly lab: Lab,
    private readonly snapshots: readonly HostSnapshot[],
  ) {}

  static async of(lab: Lab): Promise<Baseline> {
    return new Baseline(lab, await Promise.all(lab.hosts.map((host) => host.snapshot())));
  }

  /** What differs on the hosts now, a line each. */
  async differences(): Promise<string[]> {
    const now = await Promise.all(this.lab.hosts.map((host) => host.snapshot()));
    return now.flatMap((snapshot, index) =>
      diffSnapshots(this.snapshots[index]!, snapshot).map((line) => `${this.lab.hosts[index]!.name} ${line}`),
    );
  }
}

/** The hosts as they are now, without what every making draws anew. */
export async function viewsOf(lab: Lab): Promise<string[]> {
  const snapshots = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  return snapshots.flatMap((snapshot, index) =>
    viewOf(snapshot).map((line) => `${lab.hosts[index]!.name} ${line}`),
  );
}

/** The hosts, but for the numbers that monitors have on the tap bridge: they go by who comes first. */
export async function unnumberedViewsOf(lab: Lab, monitors: RegExp): Promise<string[]> {
  const number = new RegExp(`("name":"(?:${monitors.source})","ofport":)\\d+`);
  return (await viewsOf(lab)).map((line) => line.replace(number, "$1any"));
}

/** Milliseconds of a stream before and after what it runs beside. */
const MARGIN = 100;

/** Frames that 1,000 packets a second between two VMs lose while something is done. */
export async function lostDuring(
  { lab, from, to }: { lab: Lab; from: string; to: string },
  work: () => Promise<unknown>,
): Promise<number> {
  const stream = await lab.startStream({ from: lab.vm(from), to: lab.vm(to) });
  await sleep(MARGIN);
  const failure = await work().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await sleep(MARGIN);
  const { lost } = await stream.stop();
  if (failure !== undefined) throw failure.error;
  return lost.length;
}

/** The line that every fault test prints. */
export function account(faults: number, lost: number, leaked: number): void {
  console.log(`      faults injected: ${faults}, frames lost: ${lost}, pieces leaked: ${leaked}`);
}
