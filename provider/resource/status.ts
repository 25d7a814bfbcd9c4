import { printableLine } from "../printable";

/** The state a resource is in, as its `status` output says. */
export function driftedStatus(differences: readonly string[]): string {
  const shown = differences.slice(0, 8).map(brief).join("; ");
  return `drifted: ${differences.length > 8 ? `${shown}; and ${differences.length - 8} more` : shown}`;
}

/** One difference on one line, without what a host could steer a terminal with. */
function brief(difference: string): string {
  const line = printableLine(difference);
  return line.length > 1000 ? `${line.slice(0, 1000)}...` : line;
}

/** Whether a recorded status asks for a repair. */
export function isDrifted(status: unknown): boolean {
  return typeof status === "string" && status.startsWith("drifted");
}
