import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deployer } from "../../console/server/deploy/deployer";
import type { Users } from "../../console/server/roles/users";
import { type Served, serveConsole } from "../../console/server/serve";
import { withContext } from "../../provider/runtime";
import { readSettings } from "../../provider/settings";
import { repositoryRoot } from "../engine/fixtureProject";
import type { Lab } from "../lab/lab";
import { cliDeployer, hasCli } from "./cliProject";
import { EngineDeployer } from "./engineDeployer";

/** A console on a lab's hosts. */
export interface LabConsole extends Served {
  /** The program that it edits. */
  file: string;
  deployer: Deployer;
}

/** What can differ from console to console. */
export interface LabConsoleOptions {
  /** Default: a copy of `examples/console`, its plugin that of this repository. */
  program?: string;
  users?: Users;
  /** Default 0: any port that is free. */
  port?: number;
}

/** The console's example with the plugin of this repository, wherever the project is. */
async function exampleProgram(): Promise<string> {
  const root = repositoryRoot();
  const text = await readFile(join(root, "examples/console/Pulumi.yaml"), "utf8");
  return text.replace("../../plugin", join(root, "plugin"));
}

let projects = 0;

/** Serves a console on a lab's hosts with a project of its own, which the Pulumi CLI deploys, or the test engine where there is none. */
export async function startLabConsole(lab: Lab, options: LabConsoleOptions = {}): Promise<LabConsole> {
  projects += 1;
  const folder = join(lab.directory, `console${projects}`, "taps");
  await mkdir(folder, { recursive: true });
  const file = join(folder, "Pulumi.yaml");
  await writeFile(file, options.program ?? (await exampleProgram()));
  const config = { "taas:sshConfig": lab.sshConfig };
  const stack = "prod";
  const deployer = (await hasCli())
    ? await cliDeployer(folder, stack, config)
    : new EngineDeployer({ folder, stack, config, stateFile: join(folder, "../state.json") });
  const settings = readSettings((key) => (key === "taas:sshConfig" ? lab.sshConfig : undefined));
  const { users, port = 0 } = options;
  return new Promise((resolve, reject) => {
    const serving = withContext(settings, async (context) => {
      const served = await serveConsole({
        context,
        hosts: lab.hosts.map(({ name }) => context.resolveHost(name)),
        gone: [],
        project: {
          ...{ file, name: "taps", deployer, historyFile: join(folder, ".pulumi-taas/prod.changes.jsonl") },
          identity: { organization: "organization", stack },
        },
        ...(users === undefined ? {} : { users, userHeader: "x-user" }),
        ...{ port, pageFolder: join(repositoryRoot(), "dist/console") },
      });
      await new Promise<void>((closed) => {
        const close = async () => {
          await served.close();
          closed();
          await serving;
        };
        resolve({ ...served, file, deployer, close });
      });
    });
    serving.catch(reject);
  });
}
