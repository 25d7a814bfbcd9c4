import { printable } from "../../../provider/printable";
import type { ConsoleError } from "../../api/error";
import type { Event } from "../../api/events";
import type { Ran } from "../deploy/deployer";
import { toldOf } from "../deploy/steps";
import type { ProgramFile } from "../program/programFile";
import type { Bindings } from "./bind";
import type { Ground } from "./ground";
import type { Line } from "./line";

/** What changes need in order to run. */
export interface Means extends Bindings, Ground {
  file: ProgramFile;
  /** Previews and runs, one at a time. */
  line: Line;
  /** Whether a tenant's change waits for another person. */
  approval: boolean;
  /** Names of who works with the console. */
  people: readonly string[];
  /** Sends an event to everybody who is looking. */
  say(event: Event): void;
}

/** Reports whose lock has kept a run out, or that none did. */
export function tellLock({ lock }: Ran, say: Means["say"]): void {
  say({ type: "lock", ...(lock === undefined ? {} : { lock }) });
}

/** Why a run failed, according to Pulumi. */
export function failureOf({ lock, events, reason }: Ran): ConsoleError {
  if (lock !== undefined) {
    const { by, since, text } = lock;
    const when = since === undefined ? "" : ` since ${since}`;
    const hint = "Wait for that run, and preview again. If it is dead: pulumi cancel";
    return { code: "locked", message: `the stack is locked by ${by}${when}: ${text}`, hint };
  }
  const [first = printable(reason ?? "the run failed"), ...others] = [...new Set(toldOf(events, "error"))];
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return { code: "failed", message: `${first}${more}` };
}

/** How a turn is described to those that wait for it. */
export function labelOf(user: string, what: string): string {
  return `${user}: ${what}, since ${new Date().toISOString().slice(11, 19)} UTC`;
}
