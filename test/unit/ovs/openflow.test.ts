import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import { type Flow, flowKey, formatFlow, parseFlow, parseFlows } from "../../../provider/ovs/openflow";

describe("flow text", () => {
  it("is read from a dump with counters", () => {
    const flows = parseFlows(
      [
        "OFPST_FLOW reply (OF1.4) (xid=0x2):",
        " cookie=0x7a70ffffffffffff, duration=0.005s, table=2, n_packets=3, n_bytes=18446744073709551615, idle_age=3, priority=7,tcp,in_port=3,tp_dst=80 actions=pop_vlan,output(port=1,max_len=64)",
        " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, hard_timeout=70, idle_timeout=60, send_flow_rem actions=drop",
        "",
      ].join("\n"),
    );
    expect(flows).to.deep.equal([
      {
        cookie: 0x7a70ffffffffffffn,
        table: 2,
        priority: 7,
        match: "tcp,in_port=3,tp_dst=80",
        actions: "pop_vlan,output(port=1,max_len=64)",
        age: 5,
        packets: 3n,
        bytes: 18446744073709551615n,
      },
      {
        cookie: 0n,
        table: 0,
        priority: 32768,
        match: "",
        actions: "drop",
        options: "hard_timeout=70,idle_timeout=60,send_flow_rem",
        age: 1000,
        packets: 0n,
        bytes: 0n,
      },
    ]);
  });

  it("is read from a dump without counters, from diff-flows and from our own files alike", () => {
    const flow: Flow = { cookie: 2n, table: 1, priority: 5, match: "udp,tp_dst=53", actions: "output:5" };
    for (const line of [
      " cookie=0x2, table=1, priority=5,udp,tp_dst=53 actions=output:5",
      "table=1 priority=5,udp,tp_dst=53 cookie=0x2 actions=output:5",
      "cookie=0x2,table=1,priority=5,udp,tp_dst=53,actions=output:5",
      "# our own\n\ncookie=2,table=1,priority=5,udp,udp_dst=0x35 actions=output:5\n",
    ]) {
      expect(parseFlows(line)).to.deep.equal([flow]);
    }
    expect(formatFlow(flow)).to.equal("cookie=0x2,table=1,priority=5,udp,tp_dst=53 actions=output:5");
  });

  it("starts its actions at the first place that says so", () => {
    expect(parseFlow("actions=drop, actions=output:1")).to.include({
      match: "",
      actions: "drop, actions=output:1",
    });
  });

  it("keeps actions that look like fields apart from the match", () => {
    const flow = parseFlow("priority=1 actions=set_field:5->tun_id,learn(table=2,actions=drop),resubmit(,2)");
    expect(flow.match).to.equal("");
    expect(flow.actions).to.equal("set_field:5->tun_id,learn(table=2,actions=drop),resubmit(,2)");
  });

  it("is parsed back as it was written", () => {
    const flow = fc.record({
      cookie: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      table: fc.integer({ min: 0, max: 255 }),
      priority: fc.integer({ min: 0, max: 0xffff }),
      match: fc.constantFrom("", "in_port=3", "icmp6,icmp_type=135", "tun_id=0x2a", "vlan_tci=0x0/0x1000"),
      actions: fc.constantFrom("drop", "resubmit(,1)", "meter:1,output:2"),
    });
    fc.assert(
      fc.property(flow, (written) => {
        expect(parseFlow(formatFlow(written))).to.deep.equal(written);
      }),
    );
  });

  it("has one key for one identity in the bridge", () => {
    const keys = ["tcp,in_port=1", "in_port=0x1,ip,nw_proto=6", "eth_type=0x800,ip_proto=6,in_port=1"].map(
      (match) => flowKey(parseFlow(`priority=3,${match} actions=drop`)),
    );
    expect(new Set(keys)).to.have.property("size", 1);
    expect(flowKey(parseFlow("priority=3,tcp6,in_port=1 actions=drop"))).to.not.equal(keys[0]);
    expect(flowKey(parseFlow("priority=4,tcp,in_port=1 actions=drop"))).to.not.equal(keys[0]);
  });

  const spellings: [given: string, canonical: string][] = [
    ["dl_type=0x0806", "arp"],
    ["ip,nw_proto=47", "ip,nw_proto=47"],
    ["nw_proto=6,dl_type=0x86dd", "tcp6"],
    ["ip,nw_src=192.0.2.0/255.255.255.0", "ip,nw_src=192.0.2.0/24"],
    ["ip,nw_src=192.0.2.0/255.0.255.0", "ip,nw_src=192.0.2.0/255.0.255.0"],
    ["ip,nw_src=0.0.0.0/0.0.0.0", "ip,nw_src=0.0.0.0/0"],
    ["ipv6,ipv6_dst=2001:DB8::1/128", "ipv6,ipv6_dst=2001:db8::1"],
    ["vlan_vid=0x1005/0x1fff", "dl_vlan=5"],
    ["vlan_vid=0x1000/0x1000", "vlan_vid=0x1000/0x1000"],
    ["reg1=17,tun_id=0X2A", "reg1=0x11,tun_id=0x2a"],
    ["ct_state=-new+est+trk,ip", "ip,ct_state=+est-new+trk"],
    ["in_port=LOCAL", "in_port=LOCAL"],
    ["constructor,toString=1", "constructor,tostring=1"],
  ];
  for (const [given, canonical] of spellings) {
    it(`writes the match ${given} as ${canonical}, which stays as it is`, () => {
      const { match } = parseFlow(`${given} actions=drop`);
      expect(match).to.equal(canonical);
      expect(parseFlow(`${match} actions=drop`).match).to.equal(canonical);
    });
  }

  const hostile = [
    "nonsense",
    "priority=1,in_port=1",
    "actions=",
    "table=256 actions=drop",
    "table=-1 actions=drop",
    "priority=65536 actions=drop",
    "cookie=0x1ffffffffffffffff actions=drop",
    "cookie=0x1/-1 actions=drop",
    "packet_type=(1,0x800 actions=drop",
    "n_packets=many actions=drop",
    `priority=${"9".repeat(100_000)} actions=drop`,
    "ovs-ofctl: br-tap is not a bridge or a socket",
  ];
  for (const line of hostile) {
    it(`is refused when a line is ${line.slice(0, 60)}`, () => {
      expect(() => parseFlows(line, "compute-1"))
        .to.throw(TaasError, /compute-1/)
        .with.property("code", "openflow-reply");
    });
  }

  it("never fails other than with an error for the operator, whatever a host prints", () => {
    const word = fc.constantFrom(
      "table=",
      "cookie=0x",
      "actions=drop",
      ",",
      " ",
      "(",
      ")",
      "/",
      "ip",
      "nw_src=",
      "=",
    );
    const line = fc.array(fc.oneof(word, fc.string())).map((parts) => parts.join(""));
    fc.assert(
      fc.property(line, (text) => {
        try {
          for (const flow of parseFlows(text))
            expect(parseFlow(flow.match === "" ? "actions=x" : `${flow.match} actions=x`)).to.have.property(
              "actions",
              "x",
            );
        } catch (error) {
          expect(error).to.be.instanceOf(TaasError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
