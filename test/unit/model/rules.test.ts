import { expect } from "chai";
import { flowRules, serviceRules, tunnelRules } from "../../../provider/model/rules";
import { UNKNOWN } from "../../../provider/schema/unknown";

const host = { name: "compute1", address: "compute1" };
const other = { name: "compute2", address: "10.0.0.2", tapBridge: "br-copies" };
const service = {
  host: other,
  port: "tap-ids",
  tunnelId: 0xabc,
  attachment: "tap-bridge",
  distribution: "copy",
};
const ref = { format: 1 as const, owner: "o", tunnelId: 0xabc, host: other, attachment: "tap-bridge" };
const flow = {
  service: ref,
  host,
  port: { ifaceId: "web" },
  direction: "both" as const,
  enabled: true,
  transport: "dedicated",
};
const tunnel = {
  hosts: [host, other],
  mode: "pair",
  type: "vxlan",
  udpPort: 14789,
  localIps: [] as string[],
  dontFragment: true,
  tos: undefined,
  bfd: undefined,
};

describe("the rules of a TapService", () => {
  it("say where the monitor is moved and what reaches it", () => {
    expect(serviceRules(service)).to.deep.equal([
      "br-int port tap-ids moves to br-copies unless it is there",
      "br-copies table=0,in_port=tap-ids,actions=drop",
      "br-copies table=2,tun_id=0xabc,actions=output:tap-ids",
    ]);
  });

  it("say how copies reach a monitor that stays where it is", () => {
    expect(serviceRules({ ...service, attachment: "integration-bridge" })).to.deep.equal([
      "br-copies table=2,tun_id=0xabc,actions=output:br-int",
      "br-int table=0,in_port=br-copies,actions=output:tap-ids",
    ]);
  });

  it("say how several monitors share", () => {
    const { port: _, ...several } = { ...service, ports: ["a", { mac: "fa:16:3e:00:00:01" }] };
    expect(serviceRules(several).at(-1)).to.match(/actions=output:a,output:mac:fa:16:3e:00:00:01$/);
    expect(serviceRules({ ...several, distribution: "hash" }).at(-1)).to.match(/actions=hash\(a,mac:/);
  });

  it("are the sentinel line by line where something in the line is unknown", () => {
    expect(serviceRules({ ...service, tunnelId: UNKNOWN })).to.deep.equal([
      "br-int port tap-ids moves to br-copies unless it is there",
      "br-copies table=0,in_port=tap-ids,actions=drop",
      UNKNOWN,
    ]);
    expect(serviceRules({ ...service, port: { ifaceId: UNKNOWN } })).to.deep.equal([
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
    ]);
    expect(serviceRules({ ...service, host: UNKNOWN })).to.deep.equal([UNKNOWN, UNKNOWN, UNKNOWN]);
  });
});

describe("the rules of a TapFlow", () => {
  const mirror = (column: string) => `br-int mirror ${column}=iface-id:web,actions=output:br-tap`;
  const send = "br-tap table=2,in_port=iface-id:web,actions=set_field:0xabc->tun_id,output:tunnel(10.0.0.2)";

  it("show a selector in one line", () => {
    const { port: _, ...rest } = flow;
    const ports = {
      ...{ network: "n1", vlan: 7, vm: "v", name: "tap-*", externalIds: { team: "red", a: "*" } },
      except: ["tap-dns", { mac: "fa:16:3e:00:00:01" }, { vlan: 8 }, { vlan: 9, name: "x" }],
    };
    const symbol =
      "ports(network:n1,vlan:7,vm:v,name:tap-*,a=*,team=red,except:tap-dns|mac:fa:16:3e:00:00:01|vlan:8|(vlan:9,name:x))";
    expect(flowRules({ ...rest, ports, direction: "egress" })).to.deep.equal([
      `br-int mirror select_src_port=${symbol},actions=output:br-tap`,
      `br-tap table=2,in_port=${symbol},actions=set_field:0xabc->tun_id,output:tunnel(10.0.0.2)`,
    ]);
    const unknown = { ...ports, except: [UNKNOWN] } as unknown as typeof ports;
    expect(flowRules({ ...rest, ports: unknown, direction: "egress" })).to.deep.equal([UNKNOWN, UNKNOWN]);
  });

  it("say what is captured and where it is sent", () => {
    expect(flowRules(flow)).to.deep.equal([mirror("select_src_port"), mirror("select_dst_port"), send]);
    expect(flowRules({ ...flow, direction: "ingress" })).to.deep.equal([mirror("select_dst_port"), send]);
    expect(flowRules({ ...flow, direction: "egress" })).to.deep.equal([mirror("select_src_port"), send]);
  });

  it("name the tunnel that was asked for, and none on one machine", () => {
    const way = {
      format: 1 as const,
      owner: "t",
      hosts: [host, other],
      mode: "pair" as const,
      type: "geneve" as const,
      udpPort: 1,
      localIps: [],
    };
    expect(flowRules({ ...flow, tunnel: way }).at(-1)).to.match(/output:geneve\(10\.0\.0\.2\)$/);
    expect(flowRules({ ...flow, host: other }).at(-1)).to.match(/^br-copies .*,actions=output:monitor$/);
    expect(flowRules({ ...flow, transport: "shared" }).at(-1)).to.match(/output:br-tun\(10\.0\.0\.2\)$/);
  });

  it("say before the filter which part of all conversations is copied", () => {
    const sampled = { ...flow, sampling: { oneIn: 4 } };
    expect(flowRules(sampled)).to.deep.equal([
      ...[mirror("select_src_port"), mirror("select_dst_port")],
      "br-tap table=1,in_port=iface-id:web sample: one conversation in 4",
      send,
    ]);
    expect(flowRules({ ...flow, sampling: { oneIn: UNKNOWN } as never })[2]).to.equal(UNKNOWN);
  });

  it("are none while it is disabled", () => {
    expect(flowRules({ ...flow, enabled: false })).to.deep.equal([]);
    expect(flowRules({ ...flow, enabled: false, service: UNKNOWN, port: UNKNOWN })).to.deep.equal([]);
  });

  it("are the sentinel as a whole where something in the line is unknown, never text around one", () => {
    const sent = (more: object) => flowRules({ ...flow, ...more });
    expect(sent({ service: UNKNOWN })).to.deep.equal([
      mirror("select_src_port"),
      mirror("select_dst_port"),
      UNKNOWN,
    ]);
    expect(sent({ port: { vmUuid: UNKNOWN, vnic: 0 } })).to.deep.equal([UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(sent({ direction: UNKNOWN })).to.deep.equal([UNKNOWN, UNKNOWN, send]);
    expect(sent({ tunnel: UNKNOWN }).at(-1)).to.equal(UNKNOWN);
    expect(sent({ snapLength: UNKNOWN }).at(-1)).to.equal(UNKNOWN);
    const filter = [{ action: "accept" as const, protocol: "tcp" as const }, UNKNOWN];
    const filtered = sent({ filter, rateLimit: UNKNOWN });
    for (const rule of filtered) if (rule !== UNKNOWN) expect(rule).not.to.contain(UNKNOWN);
    expect(filtered.filter((rule) => rule === UNKNOWN)).to.have.length.greaterThan(2);
    // Whether there are rules decides what becomes of the rest.
    const mirrors = [mirror("select_src_port"), mirror("select_dst_port")];
    expect(sent({ filter: UNKNOWN })).to.deep.equal([...mirrors, UNKNOWN, UNKNOWN, send]);
    expect(sent({ filter: UNKNOWN, defaultAction: "accept" }).at(-2)).to.match(/default: any accept$/);
  });
});

describe("the rules of a MirrorTunnel", () => {
  it("say which port each host gets", () => {
    expect(tunnelRules(tunnel)).to.deep.equal([
      "compute1 br-tap port vxlan remote_ip=10.0.0.2,dst_port=14789,key=flow",
      "10.0.0.2 br-copies port vxlan remote_ip=compute1,dst_port=14789,key=flow",
    ]);
    const localIps = ["192.0.2.1", "192.0.2.2"];
    const options = { dontFragment: false, tos: 8, bfd: true };
    expect(tunnelRules({ ...tunnel, type: "gre", localIps, ...options })[1]).to.equal(
      "10.0.0.2 br-copies port gre local_ip=192.0.2.2,remote_ip=192.0.2.1,key=flow,df_default=false,tos=8,bfd=true",
    );
  });

  it("name the members of a mesh", () => {
    const hosts = [host, other, { name: "c", address: "c" }];
    expect(tunnelRules({ ...tunnel, hosts, mode: "mesh" })[0]).to.equal(
      "compute1 br-tap port vxlan remote_ip=flow,members=10.0.0.2/c,dst_port=14789,key=flow",
    );
  });

  it("are the sentinel when anything is unknown", () => {
    for (const unknown of [
      { hosts: UNKNOWN },
      { udpPort: UNKNOWN },
      { localIps: ["192.0.2.1", UNKNOWN] },
      { tos: UNKNOWN },
    ]) {
      expect(tunnelRules({ ...tunnel, ...unknown } as Parameters<typeof tunnelRules>[0])).to.deep.equal([
        UNKNOWN,
      ]);
    }
  });
});
