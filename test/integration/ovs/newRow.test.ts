import { expect } from "chai";
import { readRenewals } from "../../../provider/converge/renewals";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { moveHome } from "../../../provider/plan/newRow";
import { PrivateOvs } from "./privateOvs";

describe("a new row that replaces an interface's", () => {
  let ovs: PrivateOvs;
  let client: OvsdbClient;

  before(async () => {
    ovs = await PrivateOvs.start();
    client = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    await ovs.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev");
    await ovs.vsctl("set-controller", "br-int", "ptcp:6633:127.0.0.1");
    await ovs.vsctl("add-br", "br-tap", "--", "set", "Bridge", "br-tap", "datapath_type=netdev");
    await ovs.vsctl("add-port", "br-tap", "mon", "--", "set", "Interface", "mon", "type=dummy");
  });
  after(async () => {
    client?.close();
    await ovs?.stop();
  });

  /** What the interface is found to be, and the operations that put a new row in its place. */
  async function prepare() {
    const facts = await readFacts(client);
    const nic = Object.values(facts.interfaces).find(({ name }) => name === "mon")!;
    const port = Object.values(facts.ports).find(({ name }) => name === "mon")!;
    const renewals = await readRenewals(client, facts, "br-tap", ["br-int"]);
    return { nic, operations: moveHome(port.uuid, nic.uuid, 42, renewals) };
  }

  it("is refused if the old one was changed since it was read, and nothing of that is lost", async () => {
    const { nic, operations } = await prepare();
    await ovs.vsctl("set", "Interface", "mon", "external_ids:iface-status=inactive");
    const failure = await client.transact(operations).then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    expect(failure).to.equal("guard-failed");
    expect((await prepare()).nic).to.include({ uuid: nic.uuid });
  });

  it("replaces it with the same configuration and another number", async () => {
    const { nic, operations } = await prepare();
    await client.transact(operations);
    const { nic: renewed } = await prepare();
    expect(renewed.uuid).not.to.equal(nic.uuid);
    expect(renewed).to.deep.include({
      type: "dummy",
      externalIds: { "iface-status": "inactive" },
      ofportRequest: 42,
    });
  });
});
