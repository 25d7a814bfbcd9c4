import { readFile } from "node:fs/promises";
import { TaasError } from "../../errors";
import { type KnownHostsLine, parseKnownHosts } from "./parse";

/**
 * Reads known_hosts files in order. An absent file is skipped. A file that exists but cannot be read might contain a
 * revocation, so reading fails with `known-hosts-unreadable`.
 */
export async function readKnownHosts(files: readonly string[], host: string): Promise<KnownHostsLine[]> {
  const lines: KnownHostsLine[] = [];
  for (const file of files) {
    for (const line of parseKnownHosts(await readOptional(file, host), file)) lines.push(line);
  }
  return lines;
}

async function readOptional(file: string, host: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new TaasError(`the known_hosts file ${file} cannot be read (${code})`, {
      code: "known-hosts-unreadable",
      host,
      hint: "Host keys are always checked; make the file readable by the user who runs Pulumi",
      cause,
    });
  }
}
