import type { ChangeSummary, Lock, Preview } from "./changes";
import type { ConsoleError } from "./error";
import type { HostRow, ServiceRow, Stage, TapRow } from "./rows";

/** Changes while somebody is looking. `put` contains whole rows, `drop` ids (of hosts: names). */
export type Event =
  | {
      type: "snapshot";
      taps: TapRow[];
      services: ServiceRow[];
      hosts: HostRow[];
      changes: ChangeSummary[];
      lock?: Lock;
      /** false: some hosts have not answered yet. */
      complete: boolean;
      /** Why the program cannot be read; nothing can be changed until it can. */
      programError?: ConsoleError;
    }
  | { type: "taps"; put: TapRow[]; drop: string[] }
  | { type: "services"; put: ServiceRow[]; drop: string[] }
  | { type: "hosts"; put: HostRow[]; drop: string[]; complete: boolean }
  /** About once a second: copies per second by tap, deliveries per second by service. */
  | { type: "rates"; taps: Record<string, number>; services: Record<string, number> }
  | { type: "change"; put: ChangeSummary }
  /** `done` of `total` resources. */
  | { type: "progress"; change: string; done: number; total: number; line?: string }
  | { type: "preview"; id: string; state: Preview["state"]; waitsFor?: string }
  | { type: "lock"; lock?: Lock }
  | { type: "program"; error?: ConsoleError };

/** Changes on one tap's screen. */
export type TapEvent =
  | { type: "stages"; stages: Stage[] }
  | { type: "frames"; frames: Frame[]; dropped: number }
  /** What is being watched, or a message about it. */
  | { type: "watch"; text: string }
  /** No more frames will arrive, and why; the stages are still updated. */
  | { type: "watch-ended"; error: ConsoleError }
  | { type: "gone" };

/** One frame seen by *Watch*. */
export interface Frame {
  at: string;
  direction: "ingress" | "egress" | "unknown";
  /** One line: `198.51.100.1:40000 > 198.51.100.2:443 tcp, 74 bytes`. */
  text: string;
  bytes: number;
}
