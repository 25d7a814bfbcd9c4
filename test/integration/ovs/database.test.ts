import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import { bumpNextCfg, nextCfgOf, waitApplied } from "../../../provider/ovs/applied";
import { guardAbsent, guardMap, type Operation } from "../../../provider/ovs/operations";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { openReplica } from "../../../provider/ovs/replica";
import { map, namedUuid, set, uuid } from "../../../provider/ovs/values";
import { rejection } from "../../rejection";
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

  const machine = async () => uuid((await readFacts(client)).machine);

  /** Carries operations out and tells the configuration number that vswitchd then has to reach. */
  const count = async (by: OvsdbClient, operations: Operation[]) =>
    nextCfgOf(await by.transact([...operations, ...bumpNextCfg()]), by.host);

  /** Inserts a bridge with its local port, and adds it to the machine. */
  const addBridge = (name: string, row: object = {}): Operation[] => {
    const id = name.replaceAll("-", "_");
    return [
      { op: "insert", table: "Interface", "uuid-name": `${id}_if`, row: { name, type: "internal" } },
      {
        op: "insert",
        table: "Port",
        "uuid-name": `${id}_port`,
        row: { name, interfaces: set([namedUuid(`${id}_if`)]) },
      },
      {
        op: "insert",
        table: "Bridge",
        "uuid-name": id,
        row: { name, datapath_type: "netdev", ports: set([namedUuid(`${id}_port`)]), ...row },
      },
      {
        op: "mutate",
        table: "Open_vSwitch",
        where: [],
        mutations: [["bridges", "insert", set([namedUuid(id)])]],
      },
    ];
  };

  it("creates a bridge in one transaction and waits until vswitchd has created it", async () => {
    await ovs.vsctl("--no-wait", "set", "Open_vSwitch", ".", "ovs_version=3.1.0");
    await waitApplied(client, await count(client, addBridge("br-a")), 5000);
    const facts = await readFacts(client);
    const bridge = facts.bridges.find(({ name }) => name === "br-a")!;
    expect(bridge).to.include({ datapathType: "netdev", failMode: undefined });
    expect(bridge.protocols).to.deep.equal([]);
    const [port] = bridge.ports.map((id) => facts.ports[id]!);
    const [local] = port!.interfaces.map((id) => facts.interfaces[id]!);
    expect(local).to.include({ name: "br-a", type: "internal", ofport: 65534, error: undefined });
    expect(local!.mtu).to.equal(1500);
    expect(facts.version).to.equal("3.1.0");
  });

  it("reads a port, a mirror and their options as they were written", async () => {
    await ovs.vsctl(
      ...[
        "add-port",
        "br-a",
        "vm1",
        "tag=5",
        "--",
        "set",
        "Interface",
        "vm1",
        "type=dummy",
        "ofport_request=7",
      ],
      ...["external_ids:iface-id=id-1", 'external_ids:attached-mac="fa:16:3e:00:00:01"', "--"],
      ...["add-port", "br-a", "tap1", "--", "set", "Interface", "tap1", "type=dummy", "--"],
      ...["--id=@vm", "get", "Port", "vm1", "--", "--id=@tap", "get", "Port", "tap1", "--"],
      ...["--id=@m", "create", "Mirror", "name=m", "select_src_port=@vm", "output_port=@tap", "--"],
      ...["set", "Bridge", "br-a", "mirrors=@m", "protocols=OpenFlow10,OpenFlow13"],
    );
    const facts = await readFacts(client);
    const bridge = facts.bridges.find(({ name }) => name === "br-a")!;
    expect(bridge.protocols).to.deep.equal(["OpenFlow10", "OpenFlow13"]);
    const mirror = facts.mirrors[bridge.mirrors[0]!]!;
    const vm = facts.ports[mirror.selectSrcPort[0]!]!;
    expect(vm).to.include({ name: "vm1", tag: 5, vlanMode: undefined });
    expect(facts.interfaces[vm.interfaces[0]!]).to.deep.include({
      type: "dummy",
      ofport: 7,
      ofportRequest: 7,
      externalIds: { "iface-id": "id-1", "attached-mac": "fa:16:3e:00:00:01" },
    });
    expect(facts.ports[mirror.outputPort!]!.name).to.equal("tap1");
    expect(mirror).to.deep.include({ selectAll: false, selectDstPort: [], snaplen: undefined });
  });

  it("deletes a Mirror row by itself once no bridge refers to it", async () => {
    const before = await readFacts(client);
    const bridge = before.bridges.find(({ name }) => name === "br-a")!;
    await client.transact([
      {
        op: "mutate",
        table: "Bridge",
        where: [["_uuid", "==", uuid(bridge.uuid)]],
        mutations: [["mirrors", "delete", set(bridge.mirrors.map(uuid))]],
      },
    ]);
    expect((await readFacts(client)).mirrors).to.deep.equal({});
  });

  it("guards a transaction with one key of a map column and leaves the other keys free", async () => {
    const row = { table: "Bridge", name: "br-a" };
    const write = (generation: string, guard: Operation) =>
      client.transact([
        guard,
        {
          op: "update",
          table: "Bridge",
          where: [["name", "==", "br-a"]],
          row: { other_config: map({ "taas-generation": generation, "another-key": generation }) },
        },
      ]);
    await write("1", guardMap({ table: "Open_vSwitch", name: "none" }, "other_config", { x: "y" })).then(
      () => expect.fail("a guard on a table without the column name held"),
      (error: TaasError) => expect(error.code).to.equal("ovsdb-error"),
    );
    await write("1", { op: "comment", comment: "first" });
    await write("2", guardMap(row, "other_config", { "taas-generation": "1" }));
    const lost = await rejection(write("3", guardMap(row, "other_config", { "taas-generation": "1" })));
    expect(lost).to.include({ code: "guard-failed", host: "compute-1" });
    const bridge = (await readFacts(client)).bridges.find(({ name }) => name === "br-a")!;
    expect(bridge.otherConfig["taas-generation"]).to.equal("2");
  });

  it("guards the creation of a row against another creator", async () => {
    const error = await rejection(client.transact([guardAbsent({ table: "Bridge", name: "br-a" })]));
    expect(error.code).to.equal("guard-failed");
    await client.transact([guardAbsent({ table: "Bridge", name: "br-none" })]);
  });

  it("names the operation that the database refused, and changes nothing", async () => {
    const before = await readFacts(client);
    const update: Operation = {
      op: "update",
      table: "Bridge",
      where: [],
      row: { external_ids: map({ a: "b" }) },
    };
    const refused = await rejection(
      client.transact([update, { op: "select", table: "Bridge", where: [], columns: ["colour"] }]),
    );
    expect(refused).to.include({ code: "ovsdb-error", host: "compute-1" });
    expect(refused.message).to.match(/operation 1 \(select Bridge\).*colour/);
    const dangling = await rejection(
      client.transact([
        {
          op: "mutate",
          table: "Bridge",
          where: [["name", "==", "br-a"]],
          mutations: [["ports", "insert", uuid("11111111-1111-1111-1111-111111111111")]],
        },
      ]),
    );
    expect(dangling.message).to.match(/at the commit: referential integrity violation/);
    const aborted = await rejection(client.transact([update, { op: "abort" }]));
    expect(aborted.message).to.match(/operation 1 \(abort\)/);
    expect(await readFacts(client)).to.deep.equal(before);
  });

  it("answers the same through ovsdb-client as through the socket", async () => {
    const tool = new OvsdbClient({
      kind: "tool",
      transact: async (json) =>
        (await ovs.run(["ovsdb-client", "transact", `unix:${ovs.socket}`, json])).stdout,
    });
    expect(await readFacts(tool)).to.deep.equal(await readFacts(client));
    await waitApplied(tool, await count(tool, []), 5000);
    const error = await rejection(tool.transact([guardAbsent({ table: "Bridge", name: "br-a" })]));
    expect(error.code).to.equal("guard-failed");
    const odd = await rejection(tool.transact([{ op: "delete", table: "Nonsense", where: [] }]));
    expect(odd.message).to.match(/operation 0 \(delete Nonsense\).*No table named Nonsense/);
  });

  it("carries many transactions at once over one stream", async () => {
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.transact([
          { op: "comment", comment: `number ${index} {[" é` },
          { op: "select", table: "Bridge", where: [], columns: ["name"] },
        ]),
      ),
    );
    expect(replies.every(([, { rows }]) => rows[0]!.name === "br-a")).to.equal(true);
  });

  it("says that vswitchd does not apply changes, and continues when it is back, in the replica as well", async () => {
    const replica = await openReplica(await ways.openDatabase());
    await ovs.stopVswitchd();
    const nextCfg = await count(client, []);
    const error = await rejection(waitApplied(client, nextCfg, 150));
    expect(error).to.include({ code: "vswitchd-not-applying", host: "compute-1" });
    const also = await rejection(replica.applied(nextCfg, 150));
    expect(also).to.include({ code: "vswitchd-not-applying", host: "compute-1" });
    expect((await replica.read()).unsettled).to.equal(true);
    const applied = replica.applied(nextCfg, 5000);
    await ovs.startVswitchd();
    await waitApplied(client, nextCfg, 5000);
    expect((await applied).unsettled).to.equal(undefined);
  });

  it("rejects pending requests when the connection is cut", async () => {
    const other = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    const waiting = rejection(
      other.transact([
        { op: "wait", table: "Bridge", where: [], columns: ["name"], until: "==", rows: [], timeout: 60_000 },
      ]),
    );
    other.close();
    expect((await waiting).code).to.equal("ovsdb-closed");
    expect((await rejection(readFacts(other))).code).to.equal("ovsdb-closed");
    const cut = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    const replica = await openReplica(cut);
    const waited = rejection(replica.applied(Number.MAX_SAFE_INTEGER, 60_000));
    cut.close();
    expect((await waited).code).to.equal("ovsdb-closed");
  });

  it("aborts a transaction at its time limit and withdraws it from the server", async () => {
    const other = new OvsdbClient({ kind: "stream", stream: await ovs.connect() }, { timeoutMs: 100 });
    const mark = (text: string): Operation => ({
      op: "update",
      table: "Open_vSwitch",
      where: [],
      row: { external_ids: map({ mark: text }) },
    });
    const late = await rejection(
      other.transact([
        {
          op: "wait",
          table: "Open_vSwitch",
          where: [],
          columns: ["external_ids"],
          until: "==",
          rows: [{ external_ids: map({ mark: "go" }) }],
          timeout: 60_000,
        },
        mark("done late"),
      ]),
    );
    expect(late.code).to.equal("ovsdb-timeout");
    await client.transact([mark("go")]);
    expect((await readFacts(client)).externalIds.mark).to.equal("go");
  });

  it("says that there is no Open vSwitch when the database is empty", async () => {
    await ovs.stopVswitchd();
    await client.transact([
      { op: "delete", table: "Open_vSwitch", where: [["_uuid", "==", await machine()]] },
    ]);
    expect(await rejection(readFacts(client))).to.include({ code: "no-ovs", host: "compute-1" });
  });
});
