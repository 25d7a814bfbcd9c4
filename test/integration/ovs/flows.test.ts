import { expect } from "chai";
import type { Script } from "../../../provider/host/script";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { readMeterDrops } from "../../../provider/ovs/meterStatistics";
import { compareMeters, deleteMeters, dumpMeters, putMeters } from "../../../provider/ovs/meters";
import type { OfctlTarget } from "../../../provider/ovs/ofctl";
import { type Flow, formatFlow, parseFlow, parseFlows } from "../../../provider/ovs/openflow";
import { pushFlows } from "../../../provider/ovs/pushFlows";
import { rejection } from "../../rejection";
import { addGuardedBridge, type GuardedBridge } from "./guardedBridge";
import { PrivateOvs } from "./privateOvs";

const DROP = "cookie=0x7a70000000000001,table=0,priority=0 actions=drop\n";

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

  /** A target on which `before` runs in the host's shell just before ovs-ofctl does. */
  const interrupted = (before: string): OfctlTarget => ({
    ...target,
    run(command, options) {
      const { text, ...rest } = command as Script;
      const interrupting = text.replace("\n$TAAS_SUDO ovs-ofctl", `\n${before}\n$&`);
      return ovs.run({ text: interrupting, ...rest }, options);
    },
  });

  it("pushes while generation and port numbers are as expected", async () => {
    expect(await pushFlows(target, DROP, guard())).to.deep.equal({ outcome: "pushed" });
    const flows = await dumpFlows(target);
    expect(flows.map(formatFlow)).to.deep.equal([
      "cookie=0x7a70000000000001,table=0,priority=0 actions=drop",
    ]);
    expect(flows[0]).to.include({ packets: 0n, bytes: 0n });
  });

  it("writes nothing when generation or a port number differs, or a row is gone", async () => {
    const changed = "table=0,priority=1 actions=drop\n";
    const moved = { outcome: "moved", when: "before" };
    const gone = "11111111-1111-1111-1111-111111111111";
    expect(await pushFlows(target, changed, guard({ generation: "8" }))).to.deep.equal(moved);
    expect(await pushFlows(target, changed, guard({ ofports: { [port.uuid]: 6 } }))).to.deep.equal(moved);
    expect(await pushFlows(target, changed, guard({ ofports: { [gone]: 5 } }))).to.deep.equal(moved);
    expect(await pushFlows(target, changed, guard({ key: "other-key" }))).to.deep.equal(moved);
    expect(await pushFlows({ ...target, bridge: "br-none" }, changed, guard())).to.deep.equal(moved);
    expect(await diffFlows(target, DROP)).to.deep.equal({ missing: [], unexpected: [] });
  });

  it("notices a generation that moves during the push", async () => {
    const racing = interrupted("ovs-vsctl --no-wait set Bridge br-tap other_config:taas-generation=8");
    expect(await pushFlows(racing, DROP, guard())).to.deep.equal({ outcome: "moved", when: "after" });
    await ovs.vsctl("set", "Bridge", "br-tap", "other_config:taas-generation=7");
  });

  it("changes nothing when the bridge refuses one rule, and says what it refused", async () => {
    const refused = `${DROP}table=0,priority=9,in_port=5 actions=meter:9,output:5\n`;
    const error = await rejection(pushFlows(target, refused, guard()));
    expect(error).to.include({ code: "openflow-error", host: "compute-1" });
    expect(error.message).to.match(/bridge br-tap.*INVALID_METER.*meter:9/s);
    const unreadable = await rejection(pushFlows(target, `${DROP}in_port=1 actions=frobnicate\n`, guard()));
    expect(unreadable.message).to.match(/unknown action frobnicate/);
    expect((await diffFlows(target, DROP)).missing).to.have.length(0);
  });

  it("refuses text with two rules of the same identity, of which ovs-ofctl would silently keep the last", async () => {
    const twice =
      "in_port=5,tcp,tp_dst=80 actions=drop\nip,nw_proto=6,in_port=5,tcp_dst=0x50 actions=output:1\n";
    expect((await rejection(pushFlows(target, twice, guard()))).code).to.equal("duplicate-flow");
    await ovs.run(["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "replace-flows", "br-tap", "-"], {
      input: twice,
    });
    expect((await dumpFlows(target)).map(({ actions }) => actions)).to.deep.equal(["output:1"]);
    await pushFlows(target, DROP, guard());
  });

  it("distinguishes missing from unexpected rules, and another cookie is both", async () => {
    const wanted =
      "cookie=0x2,table=0,priority=0 actions=drop\ntable=1,priority=5,udp,tp_dst=53 actions=output:5\n";
    const difference = await diffFlows(target, wanted);
    expect(difference.missing.map(formatFlow)).to.deep.equal([
      "cookie=0x2,table=0,priority=0 actions=drop",
      "cookie=0x0,table=1,priority=5,udp,tp_dst=53 actions=output:5",
    ]);
    expect(difference.unexpected.map(formatFlow)).to.deep.equal([
      "cookie=0x7a70000000000001,table=0,priority=0 actions=drop",
    ]);
  });

  it("fails to compare when text or bridge cannot be read", async () => {
    const unreadable = await rejection(diffFlows(target, "table=1,priorit=5 actions=drop\n"));
    expect(unreadable.message).to.match(/unknown keyword priorit/);
    const nowhere = await rejection(diffFlows({ ...target, bridge: "br-none" }, DROP));
    expect(nowhere.message).to.match(/br-none is not a bridge or a socket/);
  });

  it("gives a rule one canonical form, whether read from text or from the bridge", async () => {
    const spellings = [
      "in_port=LOCAL,ip,nw_proto=6,tp_dst=0x50",
      "dl_type=0x0800,nw_src=198.51.100.0/255.255.255.0,nw_dst=192.0.2.1/32",
      "eth_type=0x800,ip_proto=17,udp_src=0x1000/0xf000",
      "tun_id=42,vlan_tci=0x1000/0x1000",
      "dl_vlan=0x5,tcp,tcp_flags=-ack+syn",
      "tcp6,ipv6_src=2001:DB8::/64,tp_dst=443",
      "icmp6,icmpv6_type=135,nd_target=2001:db8::2",
      "ip,ip_frag=later",
      "eth_src=AA:BB:CC:00:00:01,eth_dst=01:00:00:00:00:00/01:00:00:00:00:00",
      "dl_src=aa:bb:cc:00:00:02/ff:ff:ff:ff:ff:ff,dl_type=0x88cc",
      "reg0=16/255,metadata=5",
      "vlan_tci=0x0000/0x1fff",
      "vlan_vid=0x1005/0x1fff,sctp,sctp_dst=9",
      "tunnel_id=0xFFFFFF,tun_src=192.0.2.9",
      "arp,arp_tpa=192.0.2.1,arp_op=1",
      "ct_state=+trk+est,ipv6",
      "packet_type=(1,0x800)",
      "",
    ];
    const flows = spellings.map((match, index) =>
      parseFlow(`table=2,priority=${index},${match} actions=drop`),
    );
    const lines = (list: Flow[]) => list.map(formatFlow).sort();
    await pushFlows(
      target,
      spellings.map((match, index) => `table=2,priority=${index},${match} actions=drop\n`).join(""),
      guard(),
    );
    expect(lines(await dumpFlows(target))).to.deep.equal(lines(flows));
    expect(lines(parseFlows(await ovs.ofctl("--no-stats", "dump-flows", "br-tap")))).to.deep.equal(
      lines(flows),
    );
    expect(await diffFlows(target, `${lines(flows).join("\n")}\n`)).to.deep.equal({
      missing: [],
      unexpected: [],
    });
  });

  it("does nothing for names that a shell or ovs-ofctl would take for something else", async () => {
    for (const bridge of ["$(touch /tmp/taas-owned)", "unix:/tmp/socket", "-h", "../br-tap", "br tap", ""]) {
      for (const attempt of [
        pushFlows({ ...target, bridge }, DROP, guard()),
        dumpFlows({ ...target, bridge }),
      ]) {
        expect((await rejection(attempt)).code).to.equal("bridge-name");
      }
    }
  });

  describe("beside meters", () => {
    const meter = { id: 5, unit: "pktps", rate: 100, burst: 10 } as const;

    it("sets and deletes meters only while the guard holds, and leaves one without a number alone", async () => {
      await ovs.ofctl(
        "add-meter",
        "br-tap",
        "meter=controller,pktps,burst,stats,band=type=drop,rate=9,burst_size=9",
      );
      const put = async (generation: string) =>
        putMeters(target, compareMeters(await dumpMeters(target), [meter]), guard({ generation }));
      expect(await put("8")).to.equal(false);
      expect(compareMeters(await dumpMeters(target), [meter]).missing).to.deep.equal([meter]);
      expect(await put("7")).to.equal(true);
      expect(compareMeters(await dumpMeters(target), [meter])).to.deep.equal({
        missing: [],
        altered: [],
        unexpected: [],
      });
      expect([...(await readMeterDrops(target)).keys()]).to.deep.equal([5]);
      expect(await deleteMeters(target, [5], guard({ generation: "8" }))).to.equal(false);
      expect(compareMeters(await dumpMeters(target), []).unexpected).to.deep.equal([5]);
      expect(await deleteMeters(target, [5], guard())).to.equal(true);
      expect(compareMeters(await dumpMeters(target), []).unexpected).to.deep.equal([]);
      await ovs.ofctl("del-meter", "br-tap", "meter=controller");
    });

    it("puts meters that another writer has created or deleted since they were read", async () => {
      const before = compareMeters(await dumpMeters(target), [meter]);
      await ovs.ofctl("add-meter", "br-tap", "meter=5,kbps,burst,stats,band=type=drop,rate=9,burst_size=9");
      expect(await putMeters(target, before, guard())).to.equal(true);
      const { missing, altered } = compareMeters(await dumpMeters(target), [meter]);
      expect([missing, altered]).to.deep.equal([[], []]);
      await ovs.ofctl("del-meter", "br-tap", "meter=5");
      expect(await putMeters(target, { ...before, missing: [], altered: [meter] }, guard())).to.equal(true);
      expect(compareMeters(await dumpMeters(target), [meter]).missing).to.deep.equal([]);
      await deleteMeters(target, [5], guard());
    });

    it("says what Open vSwitch says of a meter that it refuses", async () => {
      const refused = { missing: [{ ...meter, unit: "frames" as never }], altered: [], unexpected: [] };
      const error = await rejection(putMeters(target, refused, guard()));
      expect(error).to.deep.include({ code: "openflow-error" });
      expect(error.message).to.match(/setting meters on bridge br-tap failed: .*frames/s);
    });
  });

  it("aborts by itself, within its own time limit, when vswitchd hangs", async () => {
    const impatient = { ...target, timeoutSeconds: 1 };
    ovs.pauseVswitchd();
    const errors = [rejection(pushFlows(impatient, DROP, guard())), rejection(diffFlows(impatient, DROP))];
    for (const error of await Promise.all([...errors, rejection(dumpFlows(impatient))])) {
      expect(error).to.include({ code: "openflow-timeout", host: "compute-1" });
    }
    ovs.resumeVswitchd();
  });
});
