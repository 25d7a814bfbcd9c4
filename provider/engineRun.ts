import { createHash } from "node:crypto";
import { hostname } from "node:os";

/**
 * Names the run that this process belongs to after the address of the engine that started it, a loopback port that is
 * the engine's for one run. All providers of a stack get that address, the dynamic one and plugins alike, so that none
 * mistakes what another is creating for a leftover. If the machine assigns the same port again soon, a leftover is
 * recognised one run later.
 */
export function nameRun(engine: string): void {
  process.env.TAAS_RUN = createHash("sha256").update(`${hostname()} ${engine}`).digest("hex").slice(0, 16);
}

/**
 * The engine's address among the arguments of a provider's process: the last one that is not a flag. Undefined if a
 * person started the process.
 */
export function engineAddress(args: readonly string[]): string | undefined {
  const last = args.findLast((argument) => !argument.startsWith("-"));
  return last !== undefined && /^\S+:\d+$/.test(last) ? last : undefined;
}
