/** A piece of work that stops before each call to the host, and the calls it has made. */
interface Writer {
  /** Lets it make its next call. Undefined while it is on its way to one. */
  go: (() => void) | undefined;
  ended: boolean;
}

/** An order in which stopped writers go on: the writers that may, and how many calls each has made. Answers with one of them. */
export type Schedule = (ready: readonly number[], calls: readonly number[]) => number;

/**
 * Runs writers against one host, one call at a time, in the order that a schedule says: each is stopped before each of its
 * calls, and goes on when it is its turn. So every order is one that can be made again, without a sleep.
 */
export async function interleave(
  writers: readonly ((stop: () => Promise<void>) => Promise<unknown>)[],
  schedule: Schedule,
): Promise<number[]> {
  const calls = writers.map(() => 0);
  const states = writers.map((): Writer => ({ go: undefined, ended: false }));
  let changed = (): void => {};
  const working = writers.map((work, index) => {
    const state = states[index]!;
    const stop = () =>
      new Promise<void>((resolve) => {
        const before = state.go;
        // Calls that a writer makes at once are one.
        state.go = () => {
          before?.();
          resolve();
        };
        changed();
      });
    return work(stop).finally(() => {
      state.ended = true;
      changed();
    });
  });
  const all = Promise.all(working);
  all.catch(() => changed());
  while (states.some(({ ended }) => !ended)) {
    if (states.some(({ go, ended }) => go === undefined && !ended)) {
      await Promise.race([
        new Promise<void>((resolve) => {
          changed = resolve;
        }),
        all,
      ]);
      continue;
    }
    const ready = states.flatMap(({ ended }, index) => (ended ? [] : [index]));
    const next = schedule(ready, calls);
    calls[next]!++;
    const { go } = states[next]!;
    states[next]!.go = undefined;
    go!();
  }
  await all;
  return calls;
}

/**
 * The schedule by which the first writer of an order is frozen before its call number `frozenAt` until the others have ended,
 * and the second is held before its call number `slowAt` until the third has.
 */
export function frozenAndSlow(
  [frozen, slow, fast]: readonly [number, number, number],
  frozenAt: number,
  slowAt: number,
): Schedule {
  return (ready, calls) => {
    const may = (writer: number, upTo: number) => ready.includes(writer) && calls[writer]! < upTo;
    if (may(frozen, frozenAt)) return frozen;
    if (may(slow, slowAt)) return slow;
    return [fast, slow, frozen].find((writer) => ready.includes(writer))!;
  };
}
