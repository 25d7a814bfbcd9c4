import { spawnSync } from "node:child_process";
import type { Context, Hook, Suite, Test } from "mocha";

const lacks = new WeakMap<Suite | Test, string>();

/**
 * Skips a test, or from a `before` hook its whole suite, because this machine lacks something that `scripts/setup.sh` cannot
 * give every machine, such as OVN. `what` says what. Where `CI` is set, tests that are skipped in any other way fail.
 */
export function skipForLackOf(context: Context, what: string): never {
  const skipped = context.test as Hook | Test;
  lacks.set(skipped.type === "hook" ? skipped.parent! : skipped, what);
  return context.skip();
}

/** Skips a test in this way where a program is not on the `PATH`. */
export function requireProgram(context: Context, name: string): void {
  const { status } = spawnSync("sh", ["-c", 'command -v "$1"', "sh", name]);
  if (status !== 0) skipForLackOf(context, name);
}

/** What the machine lacks for a skipped test; undefined: it was skipped for another reason. */
export function lackOf(test: Test): string | undefined {
  for (let at: Suite | Test | undefined = test; at !== undefined; at = at.parent) {
    const what = lacks.get(at);
    if (what !== undefined) return what;
  }
  return undefined;
}
