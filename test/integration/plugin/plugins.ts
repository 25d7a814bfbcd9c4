import { readdir, readFile } from "node:fs/promises";

/** The parent and the command line of each process of this machine. */
async function processes(): Promise<{ pid: number; parent: number; command: string }[]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const all = pids.map(async (pid) => {
    try {
      const [stat, command] = await Promise.all([
        readFile(`/proc/${pid}/stat`, "utf8"),
        readFile(`/proc/${pid}/cmdline`, "utf8"),
      ]);
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return [{ pid, parent, command }];
    } catch {
      return []; // it has ended
    }
  });
  return (await Promise.all(all)).flat();
}

/** The plugins that a process, or one that it has started, runs. */
export async function pluginsOf(ancestor: number): Promise<number[]> {
  const all = await processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const descends = (pid: number | undefined): boolean =>
    pid === ancestor || (pid !== undefined && pid > 1 && descends(parents.get(pid)));
  const plugins = all.filter(({ command }) => command.includes("pulumi-resource-taas"));
  return plugins.map(({ pid }) => pid).filter(descends);
}
