import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Users } from "../../console/server/roles/users";
import { type Served, serveConsole } from "../../console/server/serve";
import type { Context } from "../../provider/resource/context";
import { repositoryRoot } from "../engine/fixtureProject";
import { FakeDeployer } from "./fakeDeployer";
import { PROGRAM } from "./fakeProject";

/** A console that is served, without hosts. */
export interface BareConsole extends Served {
  /** The program that it edits. */
  file: string;
  deployer: FakeDeployer;
}

/** Serves a console without hosts, on a project that nobody deploys. */
export async function startBareConsole(users?: Users): Promise<BareConsole> {
  const folder = join(await mkdtemp(join(tmpdir(), "taas-console-")), "taps");
  await mkdir(folder);
  const file = join(folder, "Pulumi.yaml");
  await writeFile(file, PROGRAM);
  const deployer = new FakeDeployer();
  const served = await serveConsole({
    context: {} as Context,
    ...{ hosts: [], gone: [] },
    project: { file, name: "taps", identity: { organization: "acme", stack: "prod" }, deployer },
    ...(users === undefined ? {} : { users, userHeader: "x-user" }),
    ...{ port: 0, pageFolder: join(repositoryRoot(), "dist/console") },
  });
  const close = async () => {
    await served.close();
    await rm(dirname(folder), { recursive: true, force: true });
  };
  return { ...served, file, deployer, close };
}
