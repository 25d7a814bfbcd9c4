import { expect } from "chai";
import { vmOf } from "../../../console/server/live/vms";
import { findPort, portsOf } from "../../../provider/model/findPort";
import { observed } from "../model/observed";

const VM = "9b1d3c0a-0001-4000-8000-000000000001";
const nic = (name: string, mac?: string) => ({
  name,
  nic: { externalIds: { "vm-uuid": VM, ...(mac === undefined ? {} : { "attached-mac": mac }) } },
});

describe("the VMs of the console", () => {
  it("count vNICs as a program's port does, including those without a MAC address", () => {
    const ports = [
      nic("tap-a"),
      nic("tap-B"),
      nic("tap-d", "FA:16:3E:00:00:02"),
      nic("tap-c", "fa:16:3e:00:00:01"),
    ];
    const facts = observed({ name: "br-int", ports });
    const found = portsOf(facts, ["br-int"]);
    const order = [...found].sort((a, b) => vmOf(facts, a).index - vmOf(facts, b).index);
    const counted = found.map(
      (_, vnic) => findPort(facts, ["br-int"], { vmUuid: VM, vnic }).found?.port.name,
    );
    expect(order.map(({ port }) => port.name)).to.deep.equal(counted);
    expect(counted).to.deep.equal(["tap-c", "tap-d", "tap-B", "tap-a"]);
  });
});
