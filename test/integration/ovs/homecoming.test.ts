import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import type { Edit } from "../../../provider/converge/edit";
import { HostQueue } from "../../../provider/converge/hostQueue";
import { reconcile } from "../../../provider/converge/reconcile";
import type { Facts } from "../../../provider/ovs/facts";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { type Claim, claim } from "../../../provider/schema/claim";
import { drop, put, refuse } from "./edits";
import { aroundTransactions, PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

const monitor: Claim = claim.parse({
  ...{ format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z", kind: "service" },
  ...{ owner: "o/p/s/TapService/ids", integrationBridge: "br-int", attachment: "tap-bridge", tunnelId: 7 },
  ...{ ports: ["mon"], distribution: "copy" },
});

describe("a monitor whose number is assigned to another port while it moves back", () => {
  let ovs: PrivateOvs;
  let access: HostAccess;
  let ways: PrivateAccess;
  /** What happens just before the next transaction that moves a port. */
  let beforeMove: (() => Promise<unknown>) | undefined;
  /** How many more reads find another writer's change under way. */
  let unsettled = 0;

  before(async () => {
    ovs = await PrivateOvs.start();
    await ovs.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev");
    for (const port of ["mon", "other"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
    ways = new PrivateAccess(ovs);
    const opened = await ways.open();
    aroundTransactions(opened.ovsdb, {
      async before(operations) {
        if (!operations.some((one) => one.op === "update" && one.table === "Interface")) return;
        await beforeMove?.();
        beforeMove = undefined;
      },
    });
    const read = opened.replica.read.bind(opened.replica);
    opened.replica.read = async (): Promise<Facts> => {
      const facts = await read();
      return unsettled-- > 0 ? { ...facts, unsettled: true } : facts;
    };
    access = {
      ...opened,
      tapSwitch: new TapSwitch(async () => Promise.reject(new Error("no socket"))),
    };
  });

  after(async () => {
    ways?.close();
    await ovs?.stop();
  });

  for (const reads of [0, 1, 3]) {
    it(`is moved back with another one, with ${reads} changes of other writers in progress, and that is reported`, async () => {
      await reconcile(access, [put(monitor)], refuse);
      expect((await ovs.vsctl("port-to-br", "mon")).trim()).to.equal("br-tap");
      const home = await ovs.vsctl("get", "Port", "mon", "external_ids:taas-home");
      const number = /\d+/.exec(home)![0];
      beforeMove = async () => {
        unsettled = reads;
        await ovs.vsctl("set", "Interface", "other", `ofport_request=${number}`);
      };
      const { warnings } = await reconcile(access, [drop(monitor)], refuse);
      expect((await ovs.vsctl("list-br")).trim()).to.equal("br-int");
      expect((await ovs.vsctl("port-to-br", "mon")).trim()).to.equal("br-int");
      const ofport = (await ovs.vsctl("get", "Interface", "mon", "ofport")).trim();
      expect(ofport).to.match(/^\d+$/).and.not.equal(number);
      const left = await ovs.vsctl(
        "get",
        "Port",
        "mon",
        "external_ids",
        "--",
        "get",
        "Interface",
        "mon",
        "ofport_request",
      );
      expect(left.trim()).to.equal("{}\n[]");
      const text = `port mon is back on br-int as OpenFlow port ${ofport}: its number ${number} was assigned to another port meanwhile`;
      expect(warnings).to.deep.equal([{ text, owners: [monitor.owner] }]);
      await ovs.vsctl("clear", "Interface", "other", "ofport_request");
    });
  }

  it("is reported to its service, and not to other changes in the same transaction", async () => {
    await reconcile(access, [put(monitor)], refuse);
    const home = await ovs.vsctl("get", "Port", "mon", "external_ids:taas-home");
    beforeMove = () => ovs.vsctl("set", "Interface", "other", `ofport_request=${/\d+/.exec(home)![0]}`);
    const queue = new HostQueue((_, work) => work(access));
    const told: Record<string, string[]> = { ids: [], other: [] };
    const deleted = (name: string, edit: Edit) =>
      queue.submit(access.record, edit, (message) => told[name]!.push(message));
    const other = { ...monitor, owner: "o/p/s/TapService/other", token: "u" };
    await Promise.all([deleted("other", drop(other)), deleted("ids", drop(monitor))]);
    expect(told.other).to.deep.equal([]);
    expect(told.ids).to.have.length(1);
    expect(told.ids![0]).to.match(/^host \S+: port mon is back on br-int/);
  });
});
