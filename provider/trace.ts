import { appendFileSync } from "node:fs";
import { TaasError } from "./errors";
import { printableLine } from "./printable";

/**
 * Appends a line to the file that the environment variable `TAAS_DEBUG` names, if it is set: time, host, and `what`,
 * which contains nothing that is sent.
 */
export function trace(host: string | undefined, what: string): void {
  const file = process.env.TAAS_DEBUG;
  if (file === undefined || file === "") return;
  const line = `${new Date().toISOString()} ${host ?? "-"} ${what}`;
  appendFileSync(file, `${printableLine(line)}\n`, { mode: 0o600 });
}

/**
 * Runs work on a host, and traces it when it has ended: `what`, which names the kind of work, milliseconds, and the
 * error's code if it failed.
 */
export async function traced<T>(
  host: string | undefined,
  what: () => string,
  work: () => Promise<T>,
): Promise<T> {
  if (!process.env.TAAS_DEBUG) return work();
  const began = performance.now();
  const note = (outcome: string): void =>
    trace(host, `${what()} ${(performance.now() - began).toFixed(1)} ms${outcome}`);
  try {
    const result = await work();
    note("");
    return result;
  } catch (error) {
    note(` ${error instanceof TaasError ? error.code : (error as Error).name}`);
    throw error;
  }
}
