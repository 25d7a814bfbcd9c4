import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Context } from "mocha";
import { findCli } from "../../engine/cliStack";
import { repositoryRoot } from "../../engine/fixtureProject";
import { requireProgram, skipForLackOf } from "../../lacking";

/** What package managers say where no registry answers. */
const OFFLINE =
  /no matching distribution|failed to establish a new connection|dial tcp|no such host|i\/o timeout/i;

/**
 * Copies an example and the plugin that it names into a folder, and installs it as its reader would: `pulumi install` generates the
 * SDK of the language and fetches what that needs. Skips the test where the machine has no CLI, no tool or no registry for it.
 */
export async function installExample(
  context: Context,
  example: string,
  tool: string,
  folder: string,
): Promise<string> {
  if (process.env.TAAS_TEST_ENGINE === "engine" || (await findCli(example)) === undefined)
    skipForLackOf(context, `a Pulumi CLI with its language host for ${example}`);
  requireProgram(context, tool);
  const root = repositoryRoot();
  const directory = join(folder, "examples", example);
  mkdirSync(folder, { recursive: true });
  for (const part of ["plugin", join("examples", example)])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { status, stdout, stderr } = spawnSync("pulumi", ["install", "--non-interactive"], {
    ...{ cwd: directory, env, encoding: "utf8" },
  });
  if (status !== 0 && OFFLINE.test(stdout + stderr))
    skipForLackOf(context, `a registry of packages for ${example}`);
  expect(status, stdout + stderr).to.equal(0);
  return directory;
}
