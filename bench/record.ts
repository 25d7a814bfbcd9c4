import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../test/engine/fixtureProject";
import { must } from "../test/lab/command";
import type { Section } from "./figure";
import { table } from "./table";

const PAGE = "docs/performance.md";

/** When, where and on what something was measured. */
async function circumstances(): Promise<string> {
  const root = repositoryRoot();
  const log = ["git", "-C", root, "log", "-1", "--format=%h", "--", "provider", "sdk"];
  const commit = (await must(log)).trim();
  const ovs = /[\d.]+$/m.exec(await must(["ovs-vswitchd", "--version"]))![0];
  const load = loadavg()[0]!.toFixed(0);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, commit ${commit}, ${cpus().length} processors, load average ${load}, Node.js ${process.version}, Open vSwitch ${ovs}, userspace datapath`;
}

/** Writes what a suite measured into its place on the page. */
export async function record(suite: string, sections: readonly Section[]): Promise<void> {
  const path = join(repositoryRoot(), PAGE);
  const page = readFileSync(path, "utf8");
  const [from, to] = [`<!-- ${suite} -->\n`, `<!-- end of ${suite} -->`];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`${PAGE} has no place for ${suite}`);
  const text = `${await circumstances()}\n\n${table(sections, "full")}\n`;
  writeFileSync(path, page.slice(0, start + from.length) + text + page.slice(end));
}
