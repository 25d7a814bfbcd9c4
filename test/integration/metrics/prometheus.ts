import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { repositoryRoot } from "../../engine/fixtureProject";

/** One sample of a query's answer. */
export interface Sample {
  metric: Record<string, string>;
  value: [time: number, text: string];
}

/** The project's own alert rules, for people who do not wait for minutes. */
async function hurriedRules(): Promise<string> {
  const rules = await readFile(join(repositoryRoot(), "docs/monitoring/alerts.yml"), "utf8");
  return rules.replaceAll("[5m]", "[4s]").replaceAll(/for: \d+m/g, "for: 1s");
}

/** Starts Debian's Prometheus on a port of 127.0.0.1; it scrapes a target twice a second, and evaluates the project's alert rules. */
export async function startPrometheus(directory: string, port: number, target: string) {
  const folder = join(directory, "prometheus");
  await mkdir(folder);
  await writeFile(join(folder, "alerts.yml"), await hurriedRules());
  const config = {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" },
    rule_files: ["alerts.yml"],
    scrape_configs: [{ job_name: "taas", static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(folder, "prometheus.yml"), stringify(config));
  const words = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const running = execa("prometheus", words, { reject: false, stdio: ["ignore", "ignore", "pipe"] });

  async function query(expression: string): Promise<Sample[]> {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = (await (await fetch(url)).json()) as { data: { result: Sample[] } };
    return answer.data.result;
  }

  return {
    query,
    /** The answer of a query once it is as wanted; rejects with the last one after 30 s. */
    async queryWhen(expression: string, isWanted: (samples: Sample[]) => boolean): Promise<Sample[]> {
      const deadline = performance.now() + 30_000;
      for (;;) {
        const samples = await query(expression).catch(() => []);
        if (isWanted(samples)) return samples;
        if (performance.now() > deadline)
          throw new Error(`${expression} is still ${JSON.stringify(samples)}`);
        await sleep(250);
      }
    },
    async stop(): Promise<void> {
      running.kill("SIGTERM");
      await running;
    },
  };
}
