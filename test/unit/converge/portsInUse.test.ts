import { expect } from "chai";
import { portsInUse } from "../../../provider/converge/portsInUse";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";
import { observed } from "../model/observed";

const UUID = "ab0d5a4c-7b7a-4f0e-9a57-2c1e39f3b1d7";

function claimed(kind: string, owner: string, fields: object): Claim {
  const base = { format: 1, token: "t", writer: "w", time: "now", integrationBridge: "br-int" };
  return claimSchema.parse({ ...base, kind, owner, ...fields });
}

const device = claimed("monitor-port", "o/p/s/device", { name: "mp0" });
const vm = claimed("monitor-port", "o/p/s/vm", { type: "attach", ifaceId: UUID });
const ids = (owner: string, port: unknown) => claimed("service", owner, { tunnelId: 7, ports: [port] });
const host = observed(
  { name: "br-int", ports: [] },
  {
    name: "br-tap",
    ports: [
      { name: "mp0", nic: { type: "internal" } },
      { name: "vnet3", nic: { externalIds: { "iface-id": UUID } } },
    ],
  },
);
const set = (...claims: Claim[]) => new Map(claims.map((one) => [one.owner, one]));
function refusals(before: Claim[], after: Claim[], facts = host): string[] {
  const stage = { facts, tapBridge: "br-tap" };
  return portsInUse(set(...before), set(...after), stage).map(({ owner, message }) => `${owner}: ${message}`);
}

describe("a monitor port that is given up", () => {
  it("must stay while a service of another stack uses it; a service of its own stack is deleted or changed with it", () => {
    const other = ids("o/p/other/ids", "mp0");
    expect(refusals([device, other], [other])).to.deep.equal([
      "o/p/s/device: monitor port o/p/s/device is still used by o/p/other/ids",
    ]);
    const alone = observed({ name: "br-tap", ports: [{ name: "mp0", nic: { type: "internal" } }] });
    expect(refusals([device, other], [], alone)).to.deep.equal([]);
    const own = ids("o/p/s/ids", "mp0");
    expect(refusals([device, own], [own])).to.deep.equal([]);
  });

  it("must stay while a service of another stack names its VM, although that is shut down", () => {
    const other = ids("o/p/other/ids", { ifaceId: UUID });
    const off = observed({ name: "br-tap", ports: [] });
    expect(refusals([vm, other], [other], off)).to.deep.equal([
      "o/p/s/vm: monitor port o/p/s/vm is still used by o/p/other/ids",
    ]);
    expect(refusals([vm, other], [vm], off)).to.deep.equal([]);
  });

  it("must stay while a VM is attached, under whichever of its names", () => {
    expect(refusals([vm], [])).to.deep.equal([
      "o/p/s/vm: port vnet3 is still attached to br-tap as the monitor port o/p/s/vm",
    ]);
    const another = claimed("monitor-port", "o/p/s/vm", {
      type: "attach",
      ifaceId: UUID.replace("ab", "cd"),
    });
    expect(refusals([vm], [another])).to.have.length(1);
    const renamed = claimed("monitor-port", "o/p/s/renamed", { type: "attach", ifaceId: UUID });
    expect(refusals([vm], [renamed])).to.deep.equal([]);
  });

  it("must stay while one of the ports with its iface-id is attached, such as one that a crashed VM left", () => {
    const stale = { name: "vnet2", nic: { externalIds: { "iface-id": UUID } } };
    const own = { name: "vnet3", nic: { externalIds: { "iface-id": UUID } } };
    expect(refusals([vm], [], observed({ name: "br-tap", ports: [stale, own] }))).to.deep.equal([
      "o/p/s/vm: ports vnet2 and vnet3 are still attached to br-tap as the monitor port o/p/s/vm",
    ]);
  });

  it("has its problems under the name that it is given in the same change", () => {
    const renamed = claimed("monitor-port", "o/p/s/renamed", {
      type: "attach",
      ifaceId: UUID.replace("ab", "cd"),
    });
    expect(refusals([vm], [renamed])[0]).to.match(/^o\/p\/s\/renamed: /);
  });

  it("may be deleted if it does not exist, or was moved to the tap bridge by a service, which moves it back", () => {
    expect(refusals([device, vm], [], observed({ name: "br-int", ports: [] }))).to.deep.equal([]);
    const moved = {
      ...{ name: "vnet3", nic: { externalIds: { "iface-id": UUID } } },
      port: { externalIds: { "taas-home": "3 - br-int" } },
    };
    expect(refusals([vm], [], observed({ name: "br-tap", ports: [moved] }))).to.deep.equal([]);
  });
});
