import { parseArgs } from "node:util";
import type { Extent, Section } from "./figure";
import { record } from "./record";
import { SUITES } from "./suites";
import { table } from "./table";

const USAGE = `Usage: npm run bench [-- [--smoke] [<suite> ...]]

Measures and prints one table. Without names: every suite. Needs root.

  --docs    also writes each suite's table into docs/performance.md, and the plot beside it
  --smoke   small numbers and no verdicts: only shows that everything still runs

Suites: ${Object.keys(SUITES).join(", ")}
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      docs: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(SUITES);
  if (values.help || names.some((name) => !(name in SUITES))) {
    process.stdout.write(USAGE);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const extent: Extent = values.smoke ? "smoke" : "full";
  const sections: Section[] = [];
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    const measured = await SUITES[name]!(extent);
    sections.push(...measured);
    if (values.docs && extent === "full") await record(name, measured);
  }
  process.stdout.write(`${table(sections, extent)}\n`);
}

// The lab's processes do not keep this one alive.
setInterval(() => {}, 60_000);
main().then(
  () => process.exit(),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
