import { join } from "node:path";
import { execa } from "execa";
import type { Lab } from "../lab/lab";

/** The built command, for node to run. */
export const MAIN = join(__dirname, "../../cli/main.js");

/** Runs `pulumi-taas claims` with these words on hosts of a lab. It removes without asking, and does not throw when the command fails. */
export function runClaims(lab: Lab, hosts: readonly string[], ...args: string[]) {
  const named = hosts.flatMap((host) => ["--host", host]);
  const yes = args[0] === "remove" ? ["--yes"] : [];
  return execa(
    "node",
    [MAIN, "claims", args[0]!, "--ssh-config", lab.sshConfig, ...args.slice(1), ...yes, ...named],
    {
      reject: false,
    },
  );
}

/**
 * Runs `pulumi-taas` with these words and with a full disk as its standard output. It does not throw when the command
 * fails.
 */
export function onFullDisk(...words: string[]) {
  const command = [process.execPath, MAIN, ...words];
  return execa("sh", ["-c", 'exec "$@" > /dev/full', "sh", ...command], { reject: false });
}
