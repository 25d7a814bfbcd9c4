import { expect } from "chai";
import { Coalesced } from "../../../provider/converge/coalesced";

/** Work that ends when it is told to, numbered as it begins. */
class Steps {
  begun = 0;
  private readonly ends: { resolve(number: number): void; reject(error: Error): void }[] = [];
  private seen: () => void = () => {};

  /** Begins the next step. */
  readonly work = (): Promise<number> => {
    this.begun += 1;
    const step = new Promise<number>((resolve, reject) => {
      this.ends.push({ resolve, reject });
    });
    this.seen();
    return step;
  };

  /** Resolves when so many steps have begun. */
  async begin(count: number): Promise<void> {
    while (this.begun < count) {
      await new Promise<void>((resolve) => {
        this.seen = resolve;
      });
    }
  }

  finish(step: number): void {
    this.ends[step - 1]!.resolve(step);
  }

  fail(step: number): void {
    this.ends[step - 1]!.reject(new Error("unreachable"));
  }
}

describe("coalesced work", () => {
  it("is done once for concurrent callers, and once more for all who ask meanwhile", async () => {
    const steps = new Steps();
    const coalesced = new Coalesced<void, number>(steps.work);
    const first = [coalesced.ask(), coalesced.ask()];
    await steps.begin(1);
    const second = [coalesced.ask(), coalesced.ask(), coalesced.ask()];
    expect(steps.begun, "one at a time").to.equal(1);
    steps.finish(1);
    expect(await Promise.all(first)).to.deep.equal([1, 1]);
    await steps.begin(2);
    steps.finish(2);
    expect(await Promise.all(second)).to.deep.equal([2, 2, 2]);
    const third = coalesced.ask();
    await steps.begin(3);
    steps.finish(3);
    expect(await third).to.equal(3);
  });

  it("fails for its callers, and is started again for the next", async () => {
    const steps = new Steps();
    const coalesced = new Coalesced<void, number>(steps.work);
    const failing = coalesced.ask().catch((error: Error) => error.message);
    await steps.begin(1);
    const next = coalesced.ask();
    steps.fail(1);
    expect(await failing).to.equal("unreachable");
    await steps.begin(2);
    steps.finish(2);
    expect(await next).to.equal(2);
  });
});
