import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { retryWithJitter } from "../../../provider/host/retry";
import { Semaphore } from "../../../provider/host/semaphore";

describe("a semaphore", () => {
  /** The most tasks that ran at once, and the order they began in. */
  async function watch(semaphore: Semaphore, count: number): Promise<{ most: number; order: number[] }> {
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const task = (index: number) => async () => {
      order.push(index);
      running += 1;
      most = Math.max(most, running);
      await sleep(1 + (index % 3));
      running -= 1;
      if (index % 4 === 0) throw new Error("failed");
    };
    await Promise.allSettled(Array.from({ length: count }, (_, index) => semaphore.run(task(index))));
    return { most, order };
  }

  it("runs as many as it is told to, in order, even if some fail", async () => {
    const semaphore = new Semaphore(3);
    const { most, order } = await watch(semaphore, 20);
    expect(most).to.equal(3);
    expect(order).to.deep.equal(Array.from({ length: 20 }, (_, index) => index));
    expect(semaphore.active).to.equal(0);
  });

  it("can be lowered while tasks wait, but not below one", async () => {
    const semaphore = new Semaphore(4);
    const first = watch(semaphore, 8);
    semaphore.lower(0);
    expect((await first).most).to.equal(4);
    expect((await watch(semaphore, 5)).most).to.equal(1);
  });
});

describe("a retry", () => {
  it("repeats temporary failures, and nothing else", async () => {
    let calls = 0;
    const task = async () => {
      calls += 1;
      if (calls < 3) throw new Error("dropped");
      throw new Error("refused");
    };
    const dropped = (error: unknown) => (error as Error).message === "dropped";
    const error = await retryWithJitter(task, dropped, new AbortController().signal).catch(
      (caught) => caught,
    );
    expect([calls, error.message]).to.deep.equal([3, "refused"]);
  });

  it("ends with the last error when the time is over", async () => {
    const signal = AbortSignal.timeout(250);
    const error = await retryWithJitter(
      () => Promise.reject(new Error("dropped")),
      () => true,
      signal,
    ).catch((caught) => caught);
    expect(error.message).to.equal("dropped");
    expect(signal.aborted).to.equal(true);
  });
});
