import { expect } from "chai";
import type { DesiredMirror } from "../../../provider/model/desired";
import type { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { openReplica, type Replica } from "../../../provider/ovs/replica";
import { planMirrors } from "../../../provider/plan/mirrors";
import { PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

const NAME = "taas-0123456789ab";
const OUTPUT = "mi-0123456789ab";

describe("the OVSDB of Open vSwitch from 3.4 on", function () {
  this.timeout(20_000);
  let ovs: PrivateOvs;
  let ways: PrivateAccess;
  let client: OvsdbClient;
  let replica: Replica;

  before(async () => {
    ovs = await PrivateOvs.start({ Mirror: { filter: { type: { key: "string", min: 0, max: 1 } } } });
    ways = new PrivateAccess(ovs);
    client = await ways.openDatabase();
    replica = await openReplica(client);
    await ovs.vsctl(
      ...["add-br", "br-a", "--", "set", "Bridge", "br-a", "datapath_type=dummy", "--"],
      ...["add-port", "br-a", "vm1", "--", "set", "Interface", "vm1", "type=dummy", "--"],
      ...["add-port", "br-a", OUTPUT, "--", "set", "Interface", OUTPUT, "type=dummy", "--"],
      ...["set", "Port", OUTPUT, "external_ids:taas=1", "--"],
      ...["--id=@vm", "get", "Port", "vm1", "--", "--id=@out", "get", "Port", OUTPUT, "--"],
      ...["--id=@m", "create", "Mirror", `name=${NAME}`, "select_src_port=@vm", "output_port=@out"],
      ...["external_ids:taas=1", "--", "set", "Bridge", "br-a", "mirrors=@m"],
    );
  });

  after(async () => {
    ways?.close();
    await ovs?.stop();
  });

  /** What is to be changed on the Mirror. */
  async function plan() {
    const facts = await replica.read();
    expect(await readFacts(client)).to.deep.equal(facts);
    const [mirror] = Object.values(facts.mirrors);
    const wanted: DesiredMirror = {
      ...{ name: NAME, bridge: "br-a", output: OUTPUT, sources: [], selected: new Map(), owners: ["o"] },
      ...{ selectSrcPort: mirror!.selectSrcPort, selectDstPort: [] },
    };
    return planMirrors([wanted], facts, new Set([NAME]));
  }

  it("has a filter on a Mirror that somebody has set, which is seen and removed", async () => {
    expect(await plan()).to.deep.equal([]);
    await client.transact([{ op: "update", table: "Mirror", where: [], row: { filter: "icmp" } }]);
    const [change, ...others] = await plan();
    expect([change!.what, others]).to.deep.equal([`altered mirror ${NAME} on br-a`, []]);
    await client.transact(change!.operations);
    expect(await plan()).to.deep.equal([]);
  });
});
