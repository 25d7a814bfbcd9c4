import { setTimeout as sleep } from "node:timers/promises";
import type {
  StageVerification,
  TapVerification,
  TapVerifications,
} from "../../provider/verify/verification";

/** What verifications have found out about one flow. */
export interface Proof {
  /** Key of the flow's claim. */
  flow: string;
  /** The host of its source. */
  host: string;
  /** When it was proved last, in seconds since 1970; 0 where it has never been. */
  provedAt: number;
  /** Its stages, by the last verification. */
  stages: readonly Pick<StageVerification, "stage" | "verdict">[];
}

/** Verdicts by which all is proved that can be seen from the hosts. */
const PROVED: ReadonlySet<TapVerification["verdict"]> = new Set(["proved", "outside"]);

/** What is known of flows by verifying them again and again. */
export class Proofs {
  private known = new Map<string, Proof>();
  /** When the last verification ended, in seconds since 1970; undefined before the first has. */
  verifiedAt: number | undefined;

  /** The flows that are to copy, as they were found last. */
  get flows(): Iterable<Proof> {
    return this.known.values();
  }

  /**
   * Takes in what a verification has found, at a time in seconds since 1970. Flows of hosts that it could not read are
   * kept as they were.
   */
  add({ taps, unseen }: TapVerifications, at: number): void {
    const before = this.known;
    this.known = new Map([...before].filter(([, { host }]) => unseen.some((one) => one.host === host)));
    this.verifiedAt = at;
    for (const { owner, sourceHost, verdict, stages } of taps) {
      const key = `${sourceHost} ${owner}`;
      this.known.delete(key);
      // A flow that is disabled, or has ended, has nothing to prove.
      if (stages.length === 0) continue;
      const provedAt = PROVED.has(verdict) ? at : (before.get(key)?.provedAt ?? 0);
      this.known.set(key, { flow: owner, host: sourceHost, provedAt, stages });
    }
  }

  /**
   * Verifies until the signal is aborted, once in so many seconds, and never twice at once. `failed` is told why a verification could not be
   * done.
   */
  async repeat(
    verify: () => Promise<TapVerifications>,
    { seconds, signal, failed }: { seconds: number; signal: AbortSignal; failed(error: Error): void },
  ): Promise<void> {
    while (!signal.aborted) {
      const next = performance.now() + seconds * 1000;
      try {
        this.add(await verify(), Date.now() / 1000);
      } catch (error) {
        if (!signal.aborted) failed(error as Error);
      }
      await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {});
    }
  }
}
