import { expect } from "chai";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { changeForeignFlows, type ForeignTarget } from "../../../provider/ovs/foreignFlow";
import type { HostGuard } from "../../../provider/ovs/guarded";
import type { OfctlTarget } from "../../../provider/ovs/ofctl";
import { type Flow, formatFlow, parseFlow } from "../../../provider/ovs/openflow";
import { openflowVersion } from "../../../provider/ovs/openflowVersion";
import { rejection } from "../../rejection";
import { addGuardedBridge, type GuardedBridge } from "./guardedBridge";
import { PrivateOvs } from "./privateOvs";

describe("OpenFlow rules of a real bridge", function () {
  this.timeout(20_000);
  let ovs: PrivateOvs;
  let target: OfctlTarget;
  let port: GuardedBridge["port"];
  let guard: GuardedBridge["guard"];

  before(async () => {
    ovs = await PrivateOvs.start();
    ({ target, port, guard } = await addGuardedBridge(ovs));
  });

  after(() => ovs?.stop());

  describe("on a bridge of another owner", () => {
    const rule = parseFlow("cookie=0x7a70000000000009,priority=50,in_port=1,tcp,tp_dst=80 actions=output:1");
    let foreign: ForeignTarget;

    before(async () => {
      await ovs.vsctl(
        ...["add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev", "fail_mode=secure"],
        ...[
          "--",
          "add-port",
          "br-int",
          "vm1",
          "--",
          "set",
          "Interface",
          "vm1",
          "type=dummy",
          "ofport_request=1",
        ],
      );
      foreign = { ...target, bridge: "br-int", protocols: [] };
      await ovs.ofctl("add-flow", "br-int", "cookie=0xabc,priority=50,in_port=1,tcp actions=normal");
      await ovs.ofctl(
        "add-flow",
        "br-int",
        "cookie=0xabc,priority=49,in_port=1,tcp,tp_dst=80 actions=normal",
      );
    });

    const held = async (change: ReturnType<typeof changeForeignFlows>) => (await change).held;
    const ours = async (at: ForeignTarget = foreign) => {
      const match = "cookie=0x7a70000000000000/0xffff000000000000";
      return (await dumpFlows(at, { match, version: openflowVersion(at) })).map(formatFlow);
    };
    const others = async () =>
      (await dumpFlows({ ...target, bridge: "br-int" }, { match: "cookie=0xabc/-1" })).length;

    for (const protocols of [[], ["OpenFlow10"], ["OpenFlow10", "OpenFlow13"], ["OpenFlow15"]]) {
      it(`adds, lists and deletes one rule if the protocols are ${protocols.join(", ") || "the default"}`, async () => {
        await ovs.vsctl("set", "Bridge", "br-int", `protocols=[${protocols.join(",")}]`);
        const restricted = { ...foreign, protocols };
        const change = (missing: Flow[], unexpected: Flow[]) =>
          held(changeForeignFlows(restricted, { missing, unexpected }, guard()));
        expect(await change([rule], [])).to.equal(true);
        expect(await change([rule], [])).to.equal(true);
        expect(await ours(restricted)).to.deep.equal([formatFlow(rule)]);
        expect(
          await change(
            [],
            [
              { ...rule, priority: 49 },
              { ...rule, cookie: 0xabcn },
            ],
          ),
        ).to.equal(true);
        expect(await ours(restricted)).to.have.length(1);
        const other = { ...rule, cookie: rule.cookie + 1n, actions: "drop" };
        expect(await change([other], [rule])).to.equal(true);
        expect(await ours(restricted)).to.deep.equal([formatFlow(other)]);
        expect(await change([], [other])).to.equal(true);
        expect(await change([], [other])).to.equal(true);
        expect(await ours(restricted)).to.have.length(0);
        await ovs.vsctl("clear", "Bridge", "br-int", "protocols");
        expect(await others()).to.equal(2);
      });
    }

    it("are written only while the guard holds, and a change right afterwards is reported", async () => {
      const change = (more: Partial<HostGuard>, at: ForeignTarget = foreign) =>
        held(changeForeignFlows(at, { missing: [rule], unexpected: [] }, guard(more)));
      expect(await change({ generation: "8" })).to.equal(false);
      expect(await change({ ofports: { [port.uuid]: 6 } })).to.equal(false);
      expect(await change({ bridge: "br-none" })).to.equal(false);
      expect(await ours()).to.have.length(0);
      const during: ForeignTarget = {
        ...foreign,
        run: async (command, options) => {
          if (!("text" in command)) return ovs.run(command, options);
          const text = command.text.replace(
            "\nholds || { echo moved; exit 0; }\necho done",
            (end) => `
ovs-vsctl --no-wait set Bridge br-tap other_config:taas-generation=8${end}`,
          );
          return ovs.run({ ...command, text }, options);
        },
      };
      expect(await change({}, during)).to.equal(false);
      expect(await ours()).to.have.length(1);
      await ovs.vsctl("set", "Bridge", "br-tap", "other_config:taas-generation=7");
      expect(await held(changeForeignFlows(foreign, { missing: [], unexpected: [rule] }, guard()))).to.equal(
        true,
      );
    });

    it("may be deleted when there is no tap bridge any more", async () => {
      expect(await held(changeForeignFlows(foreign, { missing: [rule], unexpected: [] }, guard()))).to.equal(
        true,
      );
      const gone = { bridge: "br-none", key: "taas-generation", generation: "0", ofports: {} };
      expect(await held(changeForeignFlows(foreign, { missing: [], unexpected: [rule] }, gone))).to.equal(
        true,
      );
      expect(await ours()).to.have.length(0);
    });

    it("does not replace somebody else's rule, says whose place is taken, and adds the others", async () => {
      const blocked = { ...rule, priority: 49 };
      const { held: done, taken } = await changeForeignFlows(
        foreign,
        { missing: [blocked, rule], unexpected: [] },
        guard(),
      );
      expect(done).to.equal(true);
      expect(taken.map(({ flow }) => flow)).to.deep.equal([blocked]);
      expect(taken[0]!.error.code).to.equal("flow-taken");
      expect(taken[0]!.error.message).to.match(/cookie=0xabc,table=0,priority=49/);
      expect(await others()).to.equal(2);
      expect(await ours()).to.deep.equal([formatFlow(rule)]);
      await changeForeignFlows(foreign, { missing: [], unexpected: [rule] }, guard());
    });

    it("says so if the bridge supports no known version", async () => {
      const error = await rejection(
        changeForeignFlows(
          { ...foreign, protocols: ["OpenFlow16"] },
          { missing: [rule], unexpected: [] },
          guard(),
        ),
      );
      expect(error).to.include({ code: "openflow-version", host: "compute-1" });
    });
  });
});
