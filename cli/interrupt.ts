/** Milliseconds that a command gets after an interrupt. Connections are closed within three seconds. */
const GRACE = 4000;

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Lets a command say what it has done before SIGINT or SIGTERM ends it: the connections close, and what waits for them fails.
 * Returns what gives the exit code once there was a signal.
 */
export function noteInterrupts(): () => number | undefined {
  let code: number | undefined;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      code = number;
      setTimeout(() => process.exit(number), GRACE).unref();
    });
  }
  return () => code;
}
