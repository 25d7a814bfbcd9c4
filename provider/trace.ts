import { appendFileSync } from "node:fs";
import { TaasError } from "./errors";
import { printableLine } from "./printable";

/**
 * Runs work on a host. If the environment variable `TAAS_DEBUG` names a file, a line is appended to it when the work
 * has ended: time, host, `what`, milliseconds, and the error's code if it failed. `what` names the kind of work and
 * never contains what is sent.
 */
export async function traced<T>(
  host: string | undefined,
  what: () => string,
  work: () => Promise<T>,
): Promise<T> {
  const file = process.env.TAAS_DEBUG;
  if (file === undefined || file === "") return work();
  const began = performance.now();
  const note = (outcome: string): void => {
    const took = (performance.now() - began).toFixed(1);
    const line = `${new Date().toISOString()} ${host ?? "-"} ${what()} ${took} ms${outcome}`;
    appendFileSync(file, `${printableLine(line)}\n`, { mode: 0o600 });
  };
  try {
    const result = await work();
    note("");
    return result;
  } catch (error) {
    note(` ${error instanceof TaasError ? error.code : (error as Error).name}`);
    throw error;
  }
}
