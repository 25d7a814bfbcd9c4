import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Operations } from "../../../plugin/operations";
import { unlessEnded } from "../../../provider/converge/ending";

const never = new Promise<never>(() => {});
const reading = { named: "read", seconds: 0 };

/** How a promise ends. */
async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => `done: ${value}`,
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
}

describe("the plugin's operations", () => {
  it("end when their own time is over, which the error names", async () => {
    const operations = new Operations();
    const limit = { named: "update", seconds: 0.02 };
    const ended = await outcome(operations.run(limit, (ending) => unlessEnded(ending, never)));
    expect(ended).to.match(/^operation-timeout: .*longer than 0.02 s.*customTimeouts\.update/);
  });

  it("end when they are cancelled, and later ones do not", async () => {
    const operations = new Operations();
    const first = outcome(operations.run(reading, (ending) => unlessEnded(ending, never)));
    await operations.cancel();
    expect(await first).to.match(/^cancelled: /);
    expect(
      await outcome(operations.run(reading, (ending) => unlessEnded(ending, sleep(5, "later")))),
    ).to.equal("done: later");
  });

  it("are waited for by a cancel: what they have started is undone first", async () => {
    const operations = new Operations();
    let undone = false;
    const work = operations.run(reading, async (ending) => {
      await unlessEnded(ending, never).catch(() => sleep(30));
      undone = true;
    });
    await operations.cancel();
    expect(undone).to.equal(true);
    await work;
  });
});
