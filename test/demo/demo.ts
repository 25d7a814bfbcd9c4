import { join } from "node:path";
import { repositoryRoot } from "../engine/fixtureProject";
import { openStack } from "../engine/stack";
import { type Lab, startLab } from "../lab/lab";
import { Narrator } from "./narrator";
import { CAST, tellStory } from "./story";

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** How the demo was asked to end, when it was: the exit code that says so. */
function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => resolve(128 + number));
  });
}

async function play(narrator: Narrator, lab: Lab): Promise<number> {
  const stack = await openStack({
    projectDir: repositoryRoot(),
    stack: "demo",
    workDir: join(lab.directory, "state"),
    config: { "taas:sshConfig": lab.sshConfig },
    env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
  });
  await tellStory({ narrator, lab, stack });
  process.stdout.write(`\nAll ${narrator.checks} statements held; ${narrator.seconds} s.\n`);
  return 0;
}

async function main(): Promise<number> {
  const interruption = interrupted();
  const narrator = new Narrator();
  process.stdout.write(
    "One tap, from preview to destroy, with real packets. Everything said is checked; Ctrl-C ends it.\n",
  );
  const lab = await startLab({ hosts: 3, vms: CAST });
  try {
    return await Promise.race([play(narrator, lab), interruption]);
  } catch (error) {
    process.stdout.write(`\n   ${(error as Error).message}\n`);
    return 1;
  } finally {
    await lab.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`demo: ${error.message}\n`);
    process.exit(1);
  },
);
