import { expect } from "chai";
import { TapService } from "../../../sdk";

describe("the trace of an error that Pulumi throws while a resource is created", () => {
  it("leads to the program, and later traces are whole", () => {
    const limit = Error.stackTraceLimit;
    const make = () => new TapService("", { host: "host1", port: "tap-ids" });
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    const [message, ...frames] = (error as Error).stack!.split("\n");
    expect(message).to.contain("Missing resource name argument");
    expect(frames[0]).to.contain("@pulumi/pulumi/resource.js");
    expect(frames.filter((frame) => frame.includes("shortTraces.test"))).to.have.length.above(1);
    expect(Error.stackTraceLimit).to.equal(limit);
  });

  it("leads to a transformation of the program that threw it", () => {
    const transformation = (): never => {
      throw new RangeError("no such tap");
    };
    const make = () =>
      new TapService("ids", { host: "host1", port: "tap-ids" }, { transformations: [transformation] });
    expect(make)
      .to.throw(RangeError)
      .with.property("stack")
      .that.matches(/^RangeError: no such tap\n.*transformation.*\n/);
  });
});
