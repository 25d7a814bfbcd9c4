import { expect } from "chai";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { openReplica } from "../../../provider/ovs/replica";
import { map } from "../../../provider/ovs/values";
import { PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

describe("OVSDB of a real Open vSwitch", function () {
  this.timeout(20_000);
  let ovs: PrivateOvs;
  let ways: PrivateAccess;
  let client: OvsdbClient;

  before(async () => {
    ovs = await PrivateOvs.start();
    ways = new PrivateAccess(ovs, "compute-1");
    client = await ways.openDatabase();
  });

  after(async () => {
    ways?.close();
    await ovs?.stop();
  });

  /** A replica over a connection of its own. */
  const ownReplica = async () => openReplica(await ways.openDatabase());

  it("is kept up to date without being read: the same object while unchanged, with whatever anybody commits", async () => {
    const replica = await ownReplica();
    const before = await replica.read();
    expect(before).to.deep.equal(await readFacts(client));
    expect(await replica.read()).to.equal(before);
    await ovs.vsctl("--no-wait", "set", "Open_vSwitch", ".", "external_ids:seen=anew");
    const after = await replica.read();
    expect(after.externalIds).to.deep.equal({ ...before.externalIds, seen: "anew" });
    expect(after.bridges).to.equal(before.bridges);
    const waited = replica.changed(after, 5000);
    await ovs.vsctl("--no-wait", "remove", "Open_vSwitch", ".", "external_ids", "seen");
    await waited;
    expect(await replica.latest()).to.deep.equal(before);
  });

  it("has a transaction's own effects in the replica when its reply has arrived", async () => {
    const own = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    const replica = await openReplica(own);
    for (let time = 0; time < 50; time++) {
      await own.transact([
        { op: "update", table: "Open_vSwitch", where: [], row: { external_ids: map({ time: `${time}` }) } },
      ]);
      expect((await replica.latest()).externalIds).to.deep.equal({ time: `${time}` });
    }
    await own.transact([{ op: "update", table: "Open_vSwitch", where: [], row: { external_ids: map({}) } }]);
    own.close();
  });

  it("has in the replica what others committed before it was read", async () => {
    const replica = await ownReplica();
    const other = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    for (let time = 0; time < 50; time++) {
      await other.transact([
        { op: "update", table: "Open_vSwitch", where: [], row: { external_ids: map({ time: `${time}` }) } },
      ]);
      expect((await replica.read()).externalIds).to.deep.equal({ time: `${time}` });
    }
    await other.transact([
      { op: "update", table: "Open_vSwitch", where: [], row: { external_ids: map({}) } },
    ]);
    other.close();
  });

  it("has the same result after any changes as a fresh read", async () => {
    await ovs.vsctl(
      ...["add-br", "br-a", "--", "set", "Bridge", "br-a", "datapath_type=netdev", "--"],
      ...["add-port", "br-a", "vm1", "tag=5", "--", "set", "Interface", "vm1", "type=dummy", "--"],
      ...["--id=@vm", "get", "Port", "vm1", "--", "--id=@m", "create", "Mirror", "name=m"],
      ...["select_src_port=@vm", "--", "set", "Bridge", "br-a", "mirrors=@m"],
    );
    const replica = await ownReplica();
    const steps = [
      ["add-port", "br-a", "p1", "--", "set", "Interface", "p1", "type=dummy", "options:a=1"],
      ["set", "Interface", "p1", "options:a=2", "options:b=3", "external_ids:iface-id=x"],
      ["remove", "Interface", "p1", "options", "a"],
      ["set", "Port", "p1", "tag=7", "trunks=1,2,3"],
      ["remove", "Port", "p1", "trunks", "2"],
      ["clear", "Port", "p1", "tag"],
      [
        "--",
        "--id=@p",
        "get",
        "Port",
        "p1",
        "--",
        "--id=@m",
        "create",
        "Mirror",
        "name=m1",
        "select-src-port=@p",
      ],
      ["set", "Bridge", "br-a", "fail_mode=secure", "stp_enable=true"],
      ["clear", "Bridge", "br-a", "fail_mode"],
      ["set", "Bridge", "br-a", "stp_enable=false"],
      ["del-port", "br-a", "p1"],
    ];
    for (const step of steps) {
      await ovs.vsctl(...step);
      expect(await replica.read(), step.join(" ")).to.deep.equal(await readFacts(client));
    }
  });
});
