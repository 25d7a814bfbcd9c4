import { createHash } from "node:crypto";
import { hostname } from "node:os";

/**
 * Names the run that this process is part of after the engine that has started it: its address, a port of the loopback that it has
 * for one run. All providers of a stack are given it, the dynamic one and plugins alike, so that none takes for a leftover what another is making. Where
 * the machine gives the same port out again soon, a leftover is recognised one run later.
 */
export function nameRun(engine: string): void {
  process.env.TAAS_RUN = createHash("sha256").update(`${hostname()} ${engine}`).digest("hex").slice(0, 16);
}

/** The engine's address among the arguments of a provider's process: the last that is no flag; none where a person has started it. */
export function engineAddress(args: readonly string[]): string | undefined {
  const last = args.findLast((argument) => !argument.startsWith("-"));
  return last !== undefined && /^\S+:\d+$/.test(last) ? last : undefined;
}
