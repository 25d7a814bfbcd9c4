import { expect } from "chai";
import { HostClock } from "../../../provider/converge/clock";

/** A host whose date prints a text. */
function clock(says: () => string): HostClock {
  const exec = async () => ({ exitCode: 0, stdout: says(), stderr: "" }) as never;
  return new HostClock(exec, "host1");
}

const inSeconds = (ms: number) => (Date.now() + ms) / 1000;

describe("a host's clock", () => {
  it("is what the host says, however far from this machine's", async () => {
    for (const ahead of [0, 3_600_000, -3_600_000]) {
      const now = await clock(() => `${inSeconds(ahead).toFixed(9)}\n`).now();
      expect(now - Date.now() - ahead, `${ahead} ms ahead`).to.be.within(-500, 500);
    }
  });

  it("is read without nanoseconds, which busybox lacks", async () => {
    const now = await clock(() => `${Math.floor(inSeconds(0))}.%N\n`).now();
    expect(now - Date.now()).to.be.within(-1500, 500);
  });

  it("is read once, and extrapolated from there", async () => {
    let asked = 0;
    const one = clock(() => {
      asked++;
      return `${inSeconds(0)}`;
    });
    const first = await one.now();
    expect(await one.now()).to.be.at.least(first);
    expect(asked).to.equal(1);
  });

  it("is an error if it cannot be read", async () => {
    for (const said of ["", "soon", "\u001b[31m1", "12"]) {
      const error = await clock(() => said)
        .now()
        .then(
          () => undefined,
          (reason) => reason,
        );
      expect(error?.code, said).to.equal("clock-unknown");
      expect(error?.host).to.equal("host1");
    }
  });
});
