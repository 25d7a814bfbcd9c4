import { expect } from "chai";
import { MonitorPort } from "../../provider/handlers";

describe("the handlers", () => {
  /** No operation contacts a host that is gone; each gets as far as to refuse it. */
  const ARGS = {
    owner: "o/p/s/MonitorPort/vm",
    host: { address: "h", gone: true },
    type: "attach",
    tenant: "acme",
  };

  it("create and update a port without a name whose tenant is secret", async () => {
    const { inputs, failures } = await MonitorPort.check(undefined, { ...ARGS, __secrets: ["tenant"] });
    expect(failures).to.deep.equal([]);
    expect(inputs, "keeps the output secret").to.have.property("portName", null);
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => "done",
        (error: { code?: unknown }) => error.code,
      );
    const olds = { ...inputs, portName: "", incarnation: "t" };
    expect(await codeOf(MonitorPort.create(inputs))).to.equal("host-gone");
    expect(await codeOf(MonitorPort.update("id", olds, inputs))).to.equal("host-gone");
  });
});
