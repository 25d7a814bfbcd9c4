import { printable } from "../../provider/printable";

/** Writes an error that nobody is answered with to the console's output. */
export function logUnexpected(error: unknown): void {
  const text = error instanceof Error ? error.stack : undefined;
  console.error(`pulumi-taas: ${printable(text ?? String(error))}`);
}

/**
 * Does work that nobody waits for, such as that of a timer. Its error is logged: it would end the process otherwise, and
 * a run of Pulumi with it.
 */
export function orLogged(work: () => void): void {
  try {
    work();
  } catch (error) {
    logUnexpected(error);
  }
}
