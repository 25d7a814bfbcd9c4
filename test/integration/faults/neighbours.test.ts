import { join } from "node:path";
import { expect } from "chai";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { account, Baseline, contextFor } from "./hosts";
import { changed, first, replaced, VMS } from "./programs";
import { StackFile } from "./stack";

/** Rules as a shell line adds them. */
const rules = (bridge: string, ...lines: string[]) =>
  lines.map((line) => `ovs-ofctl add-flow ${bridge} '${line}'`).join("\n");

/** What Neutron's agent, its tap-as-a-service and an operator leave on a host, beside the lab's own ports and tunnels. */
const NEUTRON = `
set -e
ovs-vsctl set Bridge br-int other_config:mac-table-size=50000 external_ids:neutron=agent
ovs-vsctl add-port br-int qr-1 -- set Interface qr-1 type=internal external_ids:iface-id=router external_ids:iface-status=active \\
  -- set Port qr-1 tag=4095 other_config:net_uuid=n1
ovs-vsctl -- --id=@out get Port qr-1 -- --id=@m create Mirror name=neutron select_vlan=99 output_port=@out external_ids:owner=ops \\
  -- add Bridge br-int mirrors @m
ovs-vsctl -- --id=@q create Queue other_config:max-rate=1000000 -- --id=@qos create QoS type=linux-htb queues:0=@q \\
  -- set Port qr-1 qos=@qos
ovs-vsctl -- --id=@s create sFlow agent=br-phy 'targets="192.0.2.200:6343"' sampling=64 -- set Bridge br-tun sflow=@s
ovs-vsctl add-br br-tap-neutron -- set Bridge br-tap-neutron datapath_type=${DATAPATH}
${rules(
  "br-int",
  "cookie=0xb2c8a3d1f5e60718,table=0,priority=200,dl_vlan=4001,actions=drop",
  "cookie=0xb2c8a3d1f5e60718,table=23,priority=0,actions=drop",
  "cookie=0xb2c8a3d1f5e60718,table=60,priority=3,actions=NORMAL",
)}
${rules(
  "br-tun",
  "cookie=0xd4f1a2b3c4d5e6f7,table=0,priority=3,dl_vlan=4002,actions=drop",
  "cookie=0xd4f1a2b3c4d5e6f7,table=10,priority=1,actions=learn(table=20,priority=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
)}`;

/** What ovn-controller and an operator leave. */
const OVN = `
set -e
ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=tcp:192.0.2.201:6642 external_ids:ovn-bridge-mappings=ext:br-ex
ovs-vsctl add-br br-ex -- set Bridge br-ex datapath_type=${DATAPATH} external_ids:ct-zone-r1=7
ovs-vsctl add-port br-int ovn-peer-0 -- set Interface ovn-peer-0 type=geneve options:remote_ip=192.0.2.202 options:key=flow \\
  -- set Port ovn-peer-0 external_ids:ovn-chassis-id=peer
ovs-vsctl add-port br-int ovn-mirror -- set Interface ovn-mirror type=internal external_ids:iface-id=lsp9
ovs-vsctl -- --id=@out get Port ovn-mirror -- --id=@m create Mirror name=ovn-m1 output_port=@out external_ids:ovn-owned=true \\
  -- add Bridge br-int mirrors @m
ovs-ofctl -O OpenFlow13 add-group br-int group_id=3,type=select,bucket=weight:1,actions=drop
ovs-ofctl -O OpenFlow13 add-meter br-int meter=3,pktps,bands=type=drop,rate=50
${rules(
  "br-int",
  "cookie=0x5c1e2f3a,table=0,priority=100,dl_vlan=4003,actions=set_field:0x5->metadata,resubmit(,8)",
  "cookie=0x5c1e2f3a,table=8,priority=50,metadata=0x5,actions=drop",
  "cookie=0x7a6fffffffffffff,table=33,priority=100,metadata=0x5,actions=drop",
)}`;

/** What somebody may do to pieces of ours: a Mirror, a port, rules on two bridges. */
const FAULTS = `
set -e
ovs-vsctl -- --id=@m get Mirror $(ovs-vsctl --bare --columns=name list Mirror | grep taas- | head -1) -- remove Bridge br-int mirrors @m
ovs-vsctl del-port $(ovs-vsctl list-ports br-tap | grep ^mt- | head -1)
ovs-ofctl del-flows br-tap table=2
ovs-ofctl del-flows br-tun cookie=0x7a70000000000000/0xffff000000000000`;

/** Differences that are ours: our pieces, what bridges list, our tap bridge, and where monitors are. */
const OURS = [
  /^host\d [+-] (?:Port|Interface|Mirror|Bridge) (?:m[a-z]-|taas-|br-tap )/,
  /^host\d ~ Bridge \S+ \S+ (?:ports|mirrors): /,
  /^host\d ~ Open_vSwitch .*bridges: /,
  /^host\d [+-] br-(?:int|tun) flows: cookie=0x7a70[0-9a-f]{12}, /,
  /^host\d [+-] br-tap (?:flows|meters): /,
  /^host\d ~ Interface tap-(?:ids|sensor|ids3) \S+ (?:ofport|ofport_request): /,
  /^host\d ~ Port tap-(?:ids|sensor|ids3) \S+ external_ids: \{\} -> \{(?:"taas-(?:home|vnic|ageing)":"[^"]*",?)+\}$/,
  /^host\d ~ link (?:br-tap|mp-[0-9a-f]{12}): /, // of a MonitorPort, the device
  /^host\d ~ link (?:vxlan|genev|gre|erspan)_sys\S*: /, // the kernel's, while its datapath has tunnels of ours
];

describe("what others have on a host", function () {
  this.timeout(240_000);
  let lab: Lab;

  before(async () => {
    lab = await startLab({ hosts: 3, vms: VMS });
    await Promise.all([lab.host(1).ovs(NEUTRON), lab.host(2).ovs(OVN), lab.host(3).ovs(NEUTRON + OVN)]);
  });

  after(() => lab.stop());

  it("is unchanged after taps were created, broken, repaired, changed, moved and deleted", async () => {
    const origin = await Baseline.of(lab);
    const foreign = async () =>
      (await origin.differences()).filter((line) => !OURS.some((one) => one.test(line)));
    const state = join(lab.directory, "state.json");
    const stack = new StackFile(contextFor(lab), "organization/neighbours/test", state);
    await stack.up(first);
    expect(await foreign(), "after a create").to.deep.equal([]);
    await lab.host(1).ovs(FAULTS);
    await stack.refresh();
    expect(stack.resources.some(({ outputs }) => /^drifted/.test(String(outputs.status)))).to.equal(true);
    await stack.up(first);
    expect(await foreign(), "after a repair").to.deep.equal([]);
    await stack.up(changed);
    expect(await foreign(), "after a change").to.deep.equal([]);
    await stack.up(first);
    await stack.up(replaced);
    expect(await foreign(), "after a move").to.deep.equal([]);
    await stack.destroy();
    const left = await origin.differences();
    account(4, 0, left.length);
    expect(left).to.deep.equal([]);
  });
});
