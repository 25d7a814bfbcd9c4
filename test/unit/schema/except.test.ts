import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import { check, flow } from "../treatment/refusals";

describe("what a selector leaves out", () => {
  const selecting = (except: unknown[]) => ({ ...flow, port: undefined, ports: { name: "*", except } });

  it("is the same however it is ordered and written, and each thing is there once", () => {
    const given = ["a", { mac: "fa:16:3e:00:00:01" }, { vlan: 7, name: "b*" }, { vmUuid: "x", vnic: 0 }];
    const turned = [
      ...[
        { vnic: 0, vmUuid: "x" },
        { name: "b*", vlan: 7 },
      ],
      ...[{ mac: "FA-16-3E-00-00-01" }, "a", "a"],
    ];
    const [before, after] = [given, turned].map((except) => check(tapFlow, selecting(except)));
    expect([before!.failures, after!.failures]).to.deep.equal([[], []]);
    expect(after!.inputs).to.deep.equal(before!.inputs);
    expect(tapFlow.diff(before!.inputs, after!.inputs).changes).to.equal(false);
  });

  it("is another thing with another element", () => {
    const [before, after] = [["a"], ["a", "b"]].map((except) => check(tapFlow, selecting(except)).inputs);
    expect(tapFlow.diff(before!, after!).changes).to.equal(true);
  });
});
