import { expect } from "chai";
import { bumpNextCfg, nextCfgOf, waitApplied } from "../../provider/ovs/applied";
import { dumpFlows } from "../../provider/ovs/dumpFlows";
import type { BridgeFacts, InterfaceFacts, PortFacts } from "../../provider/ovs/facts";
import type { Operation } from "../../provider/ovs/operations";
import { OvsdbClient } from "../../provider/ovs/ovsdbClient";
import { pushFlows } from "../../provider/ovs/pushFlows";
import { readFacts } from "../../provider/ovs/readFacts";
import { namedUuid, set, uuid } from "../../provider/ovs/values";
import { PrivateOvs } from "./ovs/privateOvs";

/** Facts about Open vSwitch that the design rests on. A release that behaves otherwise is to be seen here first. */
describe("Behaviour of Open vSwitch that the design rests on", function () {
  this.timeout(20_000);
  let ovs: PrivateOvs;
  let client: OvsdbClient;

  before(async () => {
    ovs = await PrivateOvs.start();
    client = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    await ovs.vsctl(
      ...[
        "add-br",
        "br-int",
        "--",
        "set",
        "Bridge",
        "br-int",
        "datapath_type=netdev",
        "fail_mode=secure",
        "--",
      ],
      ...["add-br", "br-tap", "--", "set", "Bridge", "br-tap", "datapath_type=netdev", "fail_mode=secure"],
      ...["other_config:taas-generation=1", "--"],
      ...["add-port", "br-int", "src", "--", "set", "Interface", "src", "type=dummy", "--"],
      ...["add-port", "br-int", "dst", "--", "set", "Interface", "dst", "type=dummy", "--"],
      ...["add-port", "br-int", "mon", "--", "set", "Interface", "mon", "type=dummy", "ofport_request=17"],
    );
    await ovs.ofctl("add-flow", "br-int", "actions=normal");
  });

  after(async () => {
    client?.close();
    await ovs?.stop();
  });

  const apply = async (operations: Operation[]) => {
    const results = await client.transact([...operations, ...bumpNextCfg()]);
    await waitApplied(client, nextCfgOf(results, undefined), 5000);
  };

  const look = async (bridgeName: string, portName: string) => {
    const facts = await readFacts(client);
    const bridge = facts.bridges.find(({ name }) => name === bridgeName) as BridgeFacts;
    const port = Object.values(facts.ports).find(({ name }) => name === portName) as PortFacts;
    const iface = Object.values(facts.interfaces).find(({ name }) => name === portName) as InterfaceFacts;
    return { bridge, port, iface, plugged: bridge.ports.includes(port.uuid) };
  };

  const plug = (bridge: string, name: string, ...columns: string[]) =>
    ovs.vsctl("add-port", bridge, name, "--", "set", "Interface", name, ...columns);

  const receive = (port: string) =>
    ovs.appctl(
      ...["netdev-dummy/receive", port],
      "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:fe),eth_type(0x0800)," +
        "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=8,dst=9)",
    );

  const push = async (flows: string) => {
    const guard = { key: "taas-generation", generation: "1", ofports: {} };
    expect(await pushFlows({ run: ovs.run, bridge: "br-tap" }, flows, guard)).to.deep.equal({
      outcome: "pushed",
    });
  };

  describe("a port that moves between bridges", () => {
    const movement = async (from: string, to: string, request: number[]): Promise<Operation[]> => {
      const { port, iface } = await look(from, "mon");
      const edit = (name: string, mutator: "insert" | "delete"): Operation => ({
        op: "mutate",
        table: "Bridge",
        where: [["name", "==", name]],
        mutations: [["ports", mutator, uuid(port.uuid)]],
      });
      return [edit(from, "delete"), edit(to, "insert"), requestNumber(iface.uuid, request)];
    };
    const requestNumber = (iface: string, request: number[]): Operation => ({
      op: "update",
      table: "Interface",
      where: [["_uuid", "==", uuid(iface)]],
      row: { ofport_request: set(request) },
    });

    it("moves in one transaction, and gets another number if its own is taken", async () => {
      await plug("br-tap", "first", "type=dummy", "ofport_request=17");
      await apply(await movement("br-int", "br-tap", []));
      const { plugged, iface } = await look("br-tap", "mon");
      expect(plugged).to.equal(true);
      expect(iface.ofport).to.be.above(0).and.not.equal(17);
      expect(iface.error).to.equal(undefined);
    });

    it("moves back with its old number by ofport_request, and keeps it when the request is cleared", async () => {
      await apply(await movement("br-tap", "br-int", [17]));
      const { plugged, iface } = await look("br-int", "mon");
      expect(plugged).to.equal(true);
      expect(iface).to.include({ ofport: 17, error: undefined });
      await apply([requestNumber(iface.uuid, [])]);
      expect((await look("br-int", "mon")).iface).to.include({ ofport: 17, ofportRequest: undefined });
      await plug("br-int", "another", "type=dummy");
      expect((await look("br-int", "mon")).iface.ofport).to.equal(17);
    });

    it("keeps the number that it has when no other is requested and it is free there", async () => {
      await ovs.vsctl("del-port", "first");
      await apply(await movement("br-int", "br-tap", []));
      expect((await look("br-tap", "mon")).iface.ofport).to.equal(17);
      await apply(await movement("br-tap", "br-int", []));
      expect((await look("br-int", "mon")).iface.ofport).to.equal(17);
    });

    it("gets another number than a requested one that is taken, without an error", async () => {
      await plug("br-int", "late", "type=dummy", "ofport_request=17");
      const { iface } = await look("br-int", "late");
      expect(iface.ofport).to.be.above(0).and.not.equal(17);
      expect(iface.error).to.equal(undefined);
      expect((await look("br-int", "mon")).iface.ofport).to.equal(17);
    });
  });

  it("delivers a Mirror's copies through a patch port, at once when a flow of the far bridge changes", async () => {
    await plug("br-int", "cap-int", "type=patch", "options:peer=cap-tap");
    await plug("br-tap", "cap-tap", "type=patch", "options:peer=cap-int");
    await plug("br-tap", "sink", "type=dummy");
    const capture = (await look("br-tap", "cap-tap")).iface.ofport;
    const sink = (await look("br-tap", "sink")).iface.ofport;
    const flows = (generation: number) =>
      `cookie=${generation},table=0,priority=0 actions=drop\n` +
      `cookie=1,table=0,priority=5,in_port=${capture} actions=output:${sink}\n`;
    const delivered = async () => {
      const statistics = await ovs.ofctl("dump-ports", "br-tap", String(sink));
      return Number(/tx pkts=(\d+)/.exec(statistics)![1]);
    };
    // Frames that are flooded would reach the patch port without a Mirror.
    await ovs.ofctl("add-flow", "br-int", "priority=40000,in_port=src actions=output:dst");
    await push(flows(100));
    await receive("src");
    await receive("src");
    expect(await delivered()).to.equal(0);

    const source = await look("br-int", "src");
    const output = await look("br-int", "cap-int");
    const row = {
      name: "m",
      select_src_port: set([uuid(source.port.uuid)]),
      output_port: uuid(output.port.uuid),
    };
    await apply([
      { op: "insert", table: "Mirror", "uuid-name": "m", row },
      {
        op: "mutate",
        table: "Bridge",
        where: [["_uuid", "==", uuid(source.bridge.uuid)]],
        mutations: [["mirrors", "insert", namedUuid("m")]],
      },
    ]);
    // On 3.1.0 a frame of the connection under way would not be copied before this push.
    await push(flows(101));
    await receive("src");
    expect(await delivered()).to.equal(1);

    await ovs.vsctl("clear", "Bridge", "br-int", "mirrors");
    // Nor would copies of it stop before this one.
    await push(flows(102));
    await receive("src");
    expect(await delivered()).to.equal(1);
  });

  it("keeps a rule's counters over a push, even when only its cookie changed", async () => {
    await plug("br-tap", "in", "type=dummy");
    const port = (await look("br-tap", "in")).iface.ofport;
    const flows = (own: number, other: number) =>
      `cookie=${own},priority=5,in_port=${port} actions=drop\ncookie=${other},priority=0 actions=drop\n`;
    const packets = async () => {
      // vswitchd takes counters over from the datapath when it revalidates.
      await ovs.appctl("revalidator/wait");
      const found = await dumpFlows({ run: ovs.run, bridge: "br-tap" });
      return Object.fromEntries(found.map((flow) => [Number(flow.cookie), Number(flow.packets)]));
    };
    await push(flows(20, 30));
    await receive("in");
    await receive("in");
    expect(await packets()).to.deep.equal({ 20: 2, 30: 0 });
    await push(flows(20, 31));
    expect(await packets()).to.deep.equal({ 20: 2, 31: 0 });
    await push(flows(21, 31));
    expect(await packets()).to.deep.equal({ 21: 2, 31: 0 });
  });

  describe("an interface that vswitchd cannot create", () => {
    const vxlan = ["type=vxlan", "options:remote_ip=192.0.2.9", "options:dst_port=14789", "options:key=flow"];
    const cases = [
      {
        name: "clash",
        columns: vxlan,
        ofport: -1,
        error: /^could not add network device clash to ofproto \(File exists\)$/,
      },
      {
        name: "no-device",
        columns: ["type=system"],
        ofport: -1,
        error: /^could not open network device no-device \(No such device\)$/,
      },
      { name: "alone", columns: ["type=patch"], ofport: -1, error: /requires valid 'peer' argument/ },
      {
        name: "far",
        columns: ["type=vxlan", "options:remote_ip=x"],
        ofport: -1,
        error: /bad vxlan 'remote_ip'/,
      },
    ];
    before(() => plug("br-tap", "tunnel", ...vxlan));

    for (const { name, columns, ofport, error } of cases) {
      it(`has port number ${ofport} and the reason in its row: ${error.source}`, async () => {
        // From 4.0 on, ovs-vsctl fails by it, too.
        await plug("br-tap", name, ...columns).catch((reason: Error) =>
          expect(reason.message).to.contain(`Error detected while setting up '${name}'`),
        );
        const { iface } = await look("br-tap", name);
        expect(iface.ofport).to.equal(ofport);
        expect(iface.error).to.match(error);
        expect((await look("br-tap", "tunnel")).iface).to.include({ error: undefined });
      });
    }

    it("is no patch port without a peer: that has a number, and an error until the peer is there", async () => {
      await plug("br-tap", "half", "type=patch", "options:peer=other-half");
      const half = (await look("br-tap", "half")).iface;
      expect(half.ofport).to.be.above(0);
      expect(half.error).to.match(/No usable peer 'other-half' exists/);
      await plug("br-int", "other-half", "type=patch", "options:peer=half");
      expect((await look("br-int", "other-half")).iface.error).to.equal(undefined);
      expect((await look("br-tap", "half")).iface.error).to.equal(undefined);
    });
  });
});
