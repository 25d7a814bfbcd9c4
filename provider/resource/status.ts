/** The state a resource is in, as its `status` output says. */
export function driftedStatus(differences: readonly string[]): string {
  const shown = differences.slice(0, 8).join("; ");
  return `drifted: ${differences.length > 8 ? `${shown}; and ${differences.length - 8} more` : shown}`;
}

/** Whether a recorded status asks for a repair. */
export function isDrifted(status: unknown): boolean {
  return typeof status === "string" && status.startsWith("drifted");
}
