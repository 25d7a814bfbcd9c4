import { readlinkSync, rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../endpoint";
import type { ConnectionSettings } from "../host";
import { isPlainPath } from "../plainPath";
import { configText } from "./config";
import { pinnedLine, pinOptions } from "./pinned";

/**
 * A private directory for one connection of the OpenSSH client: its configuration, its control socket, and forwarded
 * sockets.
 */
export interface WorkDir {
  path: string;
  /** For `ssh -F`. */
  config: string;
  /** For `ssh -S`. */
  control: string;
  /** Options for this server only: its pinned key. */
  options: string[];
  remove(): Promise<void>;
}

/**
 * Longest path of a unix socket (sun_path), minus the suffix that `ssh` adds to a control socket while it creates it.
 */
const MAX_CONTROL_PATH = 104 - 18;

/** The directories of this process that have not been deleted. */
const present = new Set<string>();

/** When this process creates its first directory, it deletes those that killed processes left. */
let swept: Promise<void> | undefined;

/** Creates the directory. Errors: `invalid-host` for a pin that the OpenSSH client cannot compare, `host-key-revoked` for a revoked one, `known-hosts-unreadable`. */
export async function createWorkDir(endpoint: Endpoint, settings: ConnectionSettings): Promise<WorkDir> {
  const pinned = await pinnedLine(endpoint);
  const base = baseDirectory();
  swept ??= sweep(base);
  await swept;
  const path = await mkdtemp(join(base, `${prefixOf(process.pid)}-`));
  if (present.size === 0) process.once("exit", removeAll);
  present.add(path);
  const config = join(path, "config");
  await writeFile(config, configText(endpoint, settings), { mode: 0o600 });
  const knownHosts = join(path, "known_hosts");
  if (pinned !== undefined) await writeFile(knownHosts, pinned, { mode: 0o600 });
  return {
    path,
    config,
    control: join(path, "control"),
    options: pinned === undefined ? [] : pinOptions(knownHosts),
    async remove() {
      await rm(path, { recursive: true, force: true });
      if (present.delete(path) && present.size === 0) process.off("exit", removeAll);
    },
  };
}

/** The parent directory. `ssh` would expand or split a path that is not plain, and cannot use a long one. */
function baseDirectory(): string {
  const wanted = tmpdir();
  const longest = join(wanted, `${prefixOf(MAX_PID)}-XXXXXX`, "control");
  return isPlainPath(wanted) && longest.length <= MAX_CONTROL_PATH ? wanted : "/tmp";
}

/** The largest process id of a 64-bit Linux (proc(5), pid_max). */
const MAX_PID = 4_194_304;

/** Identifies the process by its id and by the PID namespace of that id, because containers may share the directory. */
function prefixOf(pid: number): string {
  return `taas-ssh-${pidNamespace()}-${pid}`;
}

/** The number of this process's PID namespace; 0 where there are none. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

/** Deletes this user's directories whose processes have ended: a killed process cannot do so itself. */
async function sweep(base: string): Promise<void> {
  const pattern = new RegExp(`^taas-ssh-${pidNamespace()}-(\\d+)-`);
  for (const name of await readdir(base).catch(() => [])) {
    const pid = pattern.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(base, name);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory() && status.uid === process.getuid?.())
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function removeAll(): void {
  for (const path of present) rmSync(path, { recursive: true, force: true });
}
