import type { Duplex } from "node:stream";
import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { PlainDevices } from "../../../provider/converge/plainDevices";
import { reconcile } from "../../../provider/converge/reconcile";
import type { Facts } from "../../../provider/ovs/facts";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { openReplica } from "../../../provider/ovs/replica";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { type Claim, claim } from "../../../provider/schema/claim";
import { PrivateOvs } from "./privateOvs";

const monitor: Claim = claim.parse({
  ...{ format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z", kind: "service" },
  ...{ owner: "o/p/s/TapService/ids", integrationBridge: "br-int", attachment: "tap-bridge", tunnelId: 7 },
  ...{ ports: ["mon"], distribution: "copy" },
});

const refuse = (_: unknown, error: unknown): never => {
  throw error;
};

describe("a monitor whose number is given to another port while it goes home", () => {
  let ovs: PrivateOvs;
  let access: HostAccess;
  const streams: Duplex[] = [];
  /** What happens just before the next transaction that moves a port. */
  let beforeMove: (() => Promise<unknown>) | undefined;
  /** How many more reads find another writer's change under way. */
  let unsettled = 0;

  const open = async () => {
    const stream = await ovs.connect();
    streams.push(stream);
    return stream;
  };

  before(async () => {
    ovs = await PrivateOvs.start();
    await ovs.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev");
    for (const port of ["mon", "other"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
    const ovsdb = new OvsdbClient({ kind: "stream", stream: await open() }, { host: "here" });
    const transact = ovsdb.transact.bind(ovsdb);
    ovsdb.transact = (async (operations: Parameters<typeof transact>[0]) => {
      if (operations.some((one) => one.op === "update" && one.table === "Interface")) {
        await beforeMove?.();
        beforeMove = undefined;
      }
      return transact(operations);
    }) as typeof ovsdb.transact;
    const replica = await openReplica(ovsdb);
    const read = replica.read.bind(replica);
    replica.read = async (): Promise<Facts> => {
      const facts = await read();
      return unsettled-- > 0 ? { ...facts, unsettled: true } : facts;
    };
    access = {
      ...{ record: { name: "here", address: "here" }, ovsdb, replica, run: ovs.run, timeoutMs: 20_000 },
      ...{ tapSwitch: new TapSwitch(async () => Promise.reject(new Error("no socket"))) },
      ...{ plainDevices: new PlainDevices(), requireRights: async () => {}, requireKeeper: async () => {} },
    };
  });

  after(async () => {
    for (const stream of streams) stream.destroy();
    await ovs?.stop();
  });

  for (const reads of [0, 1, 3]) {
    it(`ends at home under another one, ${reads} changes of other writers under way, and that is said`, async () => {
      const { owner } = monitor;
      await reconcile(access, [{ owner, kind: "put", apply: (all) => void all.set(owner, monitor) }], refuse);
      expect((await ovs.vsctl("port-to-br", "mon")).trim()).to.equal("br-tap");
      const home = await ovs.vsctl("get", "Port", "mon", "external_ids:taas-home");
      const number = /\d+/.exec(home)![0];
      beforeMove = async () => {
        unsettled = reads;
        await ovs.vsctl("set", "Interface", "other", `ofport_request=${number}`);
      };
      const drop = [
        { owner, kind: "delete" as const, apply: (all: Map<string, Claim>) => void all.delete(owner) },
      ];
      const { warnings } = await reconcile(access, drop, refuse);
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
      expect(warnings).to.deep.equal([
        `port mon is back on br-int as OpenFlow port ${ofport}: its number ${number} was given to another port meanwhile`,
      ]);
      await ovs.vsctl("clear", "Interface", "other", "ofport_request");
    });
  }
});
