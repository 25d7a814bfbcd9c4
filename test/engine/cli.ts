import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { StackConfig } from "./project";
import { openStack, type RunOptions } from "./stack";

const usage = `usage: cli.js <preview|up|refresh|destroy|outputs|export> --project <directory> --stack <name>
  --config-json <file>    the stack's configuration, as the "config" of a Pulumi.<stack>.yaml
  --work-dir <directory>  where state is kept; stacks with the same one can refer to each other
  --state <file>          the state file (the test engine only)
  --use engine|cli        default: the Pulumi CLI if there is one
  --diff                  every property that changes, not a line a resource
  --expect-no-changes     fail when anything changes
`;

function readConfig(path: string | undefined): StackConfig {
  return path ? JSON.parse(readFileSync(path, "utf8")) : {};
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      project: { type: "string", default: "." },
      stack: { type: "string", default: "dev" },
      "config-json": { type: "string" },
      "work-dir": { type: "string" },
      state: { type: "string" },
      use: { type: "string" },
      diff: { type: "boolean", default: false },
      "expect-no-changes": { type: "boolean", default: false },
    },
  });
  const stack = await openStack({
    projectDir: values.project,
    stack: values.stack,
    config: readConfig(values["config-json"]),
    ...(values["work-dir"] ? { workDir: values["work-dir"] } : {}),
    ...(values.state ? { stateFile: values.state } : {}),
    ...(values.use ? { use: values.use === "cli" ? "cli" : "engine" } : {}),
  });
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  process.once("SIGTERM", () => abort.abort());
  const options: RunOptions = {
    display: values.diff ? "diff" : "progress",
    signal: abort.signal,
    expectNoChanges: values["expect-no-changes"],
    onText: (text) => process.stdout.write(text),
  };
  const command = positionals[0];
  if (command === "outputs" || command === "export") {
    const answer = command === "outputs" ? await stack.outputs() : await stack.exportState();
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return 0;
  }
  if (command !== "preview" && command !== "up" && command !== "refresh" && command !== "destroy") {
    process.stderr.write(usage);
    return 2;
  }
  process.stdout.write(`${command} of stack ${values.stack}, by ${stack.engine}\n`);
  return (await stack[command](options)).succeeded ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 2;
  },
);
