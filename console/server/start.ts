import { join, resolve } from "node:path";
import { NO_ORGANIZATION } from "../../provider/face/owner";
import type { HostRecord } from "../../provider/host/host";
import type { Context } from "../../provider/resource/context";
import type { Project } from "./console";
import { PulumiDeployer } from "./deploy/pulumi";
import { readProgram } from "./program/program";
import { ProgramFile } from "./program/programFile";
import { readUsers } from "./roles/users";
import { type Served, serveConsole } from "./serve";

/** What the command line says about a console. */
export interface StartOptions {
  context: Context;
  hosts: readonly HostRecord[];
  /** Hosts that are declared gone. */
  gone: readonly HostRecord[];
  /** Folder of the project whose program is edited; absent for a read-only console. */
  folder?: string | undefined;
  /** The stack, as Pulumi names it: `prod` or `acme/taps/prod`. */
  stack?: string | undefined;
  /** The organization in owner keys. Default: that of the stack's name, else `organization`. */
  organization?: string | undefined;
  usersFile?: string | undefined;
  userHeader?: string | undefined;
  publicUrl?: URL | undefined;
  port: number;
  /** The folder of the page's files. */
  pageFolder: string;
}

/**
 * Serves a console on this machine's loopback interface; the Pulumi CLI deploys the program. Errors: `invalid-config`;
 * a Refusal if the program cannot be edited.
 */
export async function startConsole(options: StartOptions): Promise<Served> {
  const { context, hosts, gone, usersFile, userHeader, publicUrl, port, pageFolder } = options;
  return serveConsole({
    ...{ context, hosts, gone, port, pageFolder, userHeader, publicUrl },
    users: usersFile === undefined ? undefined : readUsers(usersFile),
    project: await projectOf(options),
  });
}

async function projectOf({ folder, stack, organization }: StartOptions): Promise<Project | undefined> {
  if (folder === undefined || stack === undefined) return undefined;
  const file = new ProgramFile(resolve(folder, "Pulumi.yaml"));
  const { project } = readProgram(await file.read());
  const parts = stack.split("/");
  const name = parts.at(-1)!;
  return {
    file: file.path,
    name: project,
    identity: {
      organization: organization ?? (parts.length > 1 ? parts[0]! : NO_ORGANIZATION),
      stack: name,
    },
    deployer: await PulumiDeployer.open({ folder: file.folder, stack }),
    historyFile: join(file.folder, ".pulumi-taas", `${name}.changes.jsonl`),
  };
}
