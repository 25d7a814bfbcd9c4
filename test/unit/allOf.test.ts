import { expect } from "chai";
import { allOf } from "../../provider/allOf";
import { lookAll, type OpenHost } from "../../provider/converge/hosts";
import { TaasError } from "../../provider/errors";

const unreachable = new TaasError("cannot reach it", { code: "unreachable", host: "host1", hint: "Try ssh" });
const noOvs = new TaasError("Open vSwitch is not installed", { code: "no-ovs", host: "host2" });

async function failureOf(work: Promise<unknown>): Promise<TaasError> {
  return work.then(
    () => expect.fail("nothing failed"),
    (error: TaasError) => error,
  );
}

describe("work on several hosts", () => {
  it("resolves to all results in order", async () => {
    expect(await allOf([Promise.resolve(1), Promise.resolve(2)])).to.deep.equal([1, 2]);
  });

  it("fails with the error of the one host that failed", async () => {
    expect(await failureOf(allOf([Promise.resolve(1), Promise.reject(noOvs)]))).to.equal(noOvs);
  });

  it("fails with the reasons of all hosts, each with its name and hint", async () => {
    const error = await failureOf(allOf([Promise.reject(unreachable), Promise.reject(noOvs)]));
    expect(error.message).to.equal(
      "host host1: cannot reach it. Try ssh; host host2: Open vSwitch is not installed",
    );
    expect(error.code).to.equal("unreachable");
  });

  it("reports a bug in the program besides a host's error", async () => {
    const error = await failureOf(
      allOf([Promise.reject(new TypeError("x is undefined")), Promise.reject(noOvs)]),
    );
    expect(error.message).to.equal("x is undefined; host host2: Open vSwitch is not installed");
    expect(error.cause).to.be.instanceOf(AggregateError);
  });

  it("has ended on all hosts before it fails", async () => {
    let ended = false;
    const slow = new Promise<void>((resolve) =>
      setImmediate(() => {
        ended = true;
        resolve();
      }),
    );
    await failureOf(allOf([Promise.reject(noOvs), slow]));
    expect(ended).to.equal(true);
  });

  it("looks at hosts and reports for each why it could not be read", async () => {
    const open = ((record) => ({
      look: () => Promise.reject(record.name === "host1" ? unreachable : noOvs),
    })) as OpenHost;
    const hosts = ["host1", "host2"].map((name) => ({ name, address: name }));
    const error = await failureOf(lookAll(open, hosts));
    expect(error.message).to.match(/host1: cannot reach it.*host2: Open vSwitch is not installed/);
  });
});
