import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Deployer } from "../../console/server/deploy/deployer";
import { PulumiDeployer } from "../../console/server/deploy/pulumi";
import { findCli } from "../engine/cliStack";

const execute = promisify(execFile);

/** Whether tests of the console deploy by the Pulumi CLI: where there is one that runs programs in YAML, unless the environment says otherwise. */
export async function hasCli(): Promise<boolean> {
  return process.env.TAAS_TEST_ENGINE !== "engine" && (await findCli("yaml")) !== undefined;
}

/**
 * Prepares a project for the CLI as its user would: a backend, a stack with its configuration, and `pulumi install`. The backend is this
 * process's from now on, for a console deploys with the environment that it was started in.
 */
export async function cliDeployer(
  folder: string,
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<Deployer> {
  const backend = join(dirname(folder), "backend");
  await mkdir(backend, { recursive: true });
  Object.assign(process.env, {
    PULUMI_HOME: join(dirname(folder), "home"),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  });
  await writeFile(join(folder, `Pulumi.${stack}.yaml`), JSON.stringify({ config }));
  const pulumi = (...words: string[]) => execute("pulumi", [...words, "--cwd", folder, "--non-interactive"]);
  await pulumi("stack", "init", stack, "--no-select");
  await pulumi("install");
  return PulumiDeployer.open({ folder, stack });
}
