import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { quoteArgv } from "../../provider/host/quote";
import { type CommonOptions, flagOf } from "../options";
import { UsageError } from "../usageError";
import type { CaptureOptions } from "./options";

/** The options that the program gives on: which hosts, how they are reached, and which frames of a port are captured. */
const PASSED_ON = {
  hosts: "path",
  project: "path",
  stack: "words",
  host: "words",
  sshConfig: "path",
  sshPort: "word",
  user: "word",
  identityFile: "path",
  hostKey: "word",
  proxyJump: "word",
  transport: "word",
  sudo: "word",
  tapBridge: "word",
  direction: "word",
  rate: "word",
  snap: "word",
} as const satisfies Partial<Record<keyof CommonOptions | keyof CaptureOptions, "path" | "word" | "words">>;

/** The options of a command line whose program is installed. */
export type Installed = CommonOptions & CaptureOptions;

/**
 * Writes the program that Wireshark runs into a folder: this command, with the options of its command line, whatever folder it is run in.
 * Returns its path. Throws a UsageError.
 */
export function install(options: Installed, folder: string): string {
  const file = join(folder, "pulumi-taas");
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, programText(options, process.env.TAAS_SSH_CONFIG));
    chmodSync(file, 0o755);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
  return file;
}

/** The text of the program. `sshConfig`: the value of TAAS_SSH_CONFIG, which a stack's configuration overrides, but not an option. */
export function programText(options: Installed, sshConfig: string | undefined): string {
  // A stack without a project is one of the project in this folder.
  const isOfProject = options.project !== undefined || options.stack.length > 0;
  const given = isOfProject ? { ...options, project: options.project ?? "." } : options;
  const command = quoteArgv([process.execPath, process.argv[1]!, "extcap", ...passedOn(given)]);
  // The path is relative to the folder of the project, as in its configuration.
  const path = sshConfig === undefined || isOfProject ? sshConfig : absolute(sshConfig);
  const setting = path === undefined ? "" : `TAAS_SSH_CONFIG=${quoteArgv([path])}\nexport TAAS_SSH_CONFIG\n`;
  return `#!/bin/sh\n${setting}exec ${command} "$@"\n`;
}

function passedOn(options: Installed): string[] {
  return Object.entries(PASSED_ON).flatMap(([field, kind]) => {
    const value = options[field as keyof typeof PASSED_ON];
    const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return values.flatMap((one) => [flagOf(field), kind === "path" ? absolute(one) : one]);
  });
}

/** A path that means the same in every folder. */
function absolute(path: string): string {
  return path === "" || path.startsWith("~") ? path : resolve(path);
}
