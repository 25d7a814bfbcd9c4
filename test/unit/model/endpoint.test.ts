import { expect } from "chai";
import {
  describeEndpoint,
  type Endpoint,
  endpointKey,
  endpointPort,
  endpointType,
  explicitEndpoint,
  overlaps,
  sendThrough,
} from "../../../provider/model/endpoint";
import type { InterfaceFacts } from "../../../provider/ovs/facts";

const [HERE, THERE, OTHER] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
const end = (type: Endpoint["type"], udpPort: number, more: Partial<Endpoint> = {}): Endpoint => ({
  type,
  udpPort,
  local: HERE,
  remote: THERE,
  ...more,
});
const foreign = (type: string, options: Record<string, string>) => ({ type, options }) as InterfaceFacts;

describe("the interface of a mirror tunnel", () => {
  const six = { local: "2001:db8::1", remote: "2001:db8::2" };

  for (const type of ["vxlan", "geneve"] as const) {
    it(`is of type ${type} over IPv4 and IPv6`, () => {
      expect([end(type, 5_000), end(type, 5_000, six)].map(endpointType)).to.deep.equal([type, type]);
    });
  }
  for (const type of ["gre", "erspan"] as const) {
    it(`is of type ${type} over IPv4 and ip6${type} over IPv6, which a mesh determines by its own end`, () => {
      const ends = [end(type, 0), end(type, 0, six), end(type, 0, { ...six, remote: "flow" })];
      const far = end(type, 0, { ...six, local: "" });
      expect([...ends, far].map(endpointType)).to.deep.equal([
        type,
        `ip6${type}`,
        `ip6${type}`,
        `ip6${type}`,
      ]);
    });
  }
});

describe("a mirror tunnel and a tunnel that is not ours", () => {
  const both = { local_ip: HERE, remote_ip: THERE };
  const rows: [string, Endpoint, InterfaceFacts, "overlap" | "live together"][] = [
    ["the same addresses and port", end("vxlan", 4789), foreign("vxlan", both), "overlap"],
    [
      "the same port, written out",
      end("vxlan", 14789),
      foreign("vxlan", { ...both, dst_port: "14789" }),
      "overlap",
    ],
    ["another port", end("vxlan", 14789), foreign("vxlan", both), "live together"],
    ["another far end", end("vxlan", 4789), foreign("vxlan", { ...both, remote_ip: OTHER }), "live together"],
    ["another near end", end("vxlan", 4789), foreign("vxlan", { ...both, local_ip: OTHER }), "live together"],
    [
      "the same addresses in another spelling",
      end("vxlan", 4789, { local: "2001:db8::1", remote: "2001:db8::2" }),
      foreign("vxlan", { local_ip: "2001:DB8:0::1", remote_ip: "2001:db8::0002" }),
      "overlap",
    ],
    ["a near end that is any", end("vxlan", 4789), foreign("vxlan", { remote_ip: THERE }), "overlap"],
    [
      "a far end by flow",
      end("vxlan", 4789),
      foreign("vxlan", { remote_ip: "flow", local_ip: HERE }),
      "overlap",
    ],
    [
      "a far end by flow, which takes what a collector sends",
      end("vxlan", 4789, { oneWay: true }),
      foreign("vxlan", { remote_ip: "flow", local_ip: HERE }),
      "live together",
    ],
    [
      "production's tunnel to a collector",
      end("vxlan", 4789, { oneWay: true }),
      foreign("vxlan", { remote_ip: THERE }),
      "overlap",
    ],
    [
      "another encapsulation on a collector's port",
      end("geneve", 4789, { oneWay: true }),
      foreign("vxlan", { remote_ip: "flow" }),
      "overlap",
    ],
    [
      "both ends by flow",
      end("vxlan", 4789),
      foreign("vxlan", { remote_ip: "flow", local_ip: "flow" }),
      "overlap",
    ],
    [
      "a mesh of ours",
      end("vxlan", 4789, { remote: "flow" }),
      foreign("vxlan", { ...both, remote_ip: OTHER }),
      "overlap",
    ],
    [
      "a mesh of ours elsewhere",
      end("vxlan", 4789, { remote: "flow" }),
      foreign("vxlan", { local_ip: OTHER }),
      "live together",
    ],
    ["Geneve's own port", end("geneve", 6081), foreign("geneve", both), "overlap"],
    [
      "another encapsulation on the port",
      end("geneve", 4789),
      foreign("vxlan", { remote_ip: OTHER }),
      "overlap",
    ],
    ["GRE", end("gre", 0), foreign("gre", both), "overlap"],
    ["GRE to another", end("gre", 0), foreign("gre", { ...both, remote_ip: OTHER }), "live together"],
    ["ERSPAN, which is GRE on the wire", end("gre", 0), foreign("erspan", both), "overlap"],
    ["ERSPAN to another", end("erspan", 0), foreign("gre", { remote_ip: OTHER }), "live together"],
    ["VXLAN beside GRE", end("gre", 0), foreign("vxlan", both), "live together"],
    ["no tunnel at all", end("vxlan", 4789), foreign("patch", { peer: "x" }), "live together"],
    ["a collector's any near end", end("gre", 0, { local: "" }), foreign("gre", both), "overlap"],
  ];
  for (const [what, ours, theirs, outcome] of rows) {
    it(`${outcome} with ${what}`, () => {
      expect(overlaps(ours, theirs)).to.equal(outcome === "overlap");
    });
  }
});

describe("an end of a mirror tunnel", () => {
  it("is the same for all who ask for the same, and has a name that Linux and OpenFlow can hold", () => {
    const tunnel = { mode: "pair", type: "vxlan", udpPort: 14789, local: HERE } as const;
    expect(endpointKey(explicitEndpoint(tunnel, THERE))).to.equal(endpointKey(end("vxlan", 14789)));
    expect(endpointPort(end("vxlan", 14789)))
      .to.equal("mv-2cbcd803f0dc")
      .and.have.length(15);
  });

  it("differs with everything that differs on the wire", () => {
    const ends = [
      end("vxlan", 14789),
      end("vxlan", 14790),
      end("geneve", 14789),
      end("gre", 0),
      end("vxlan", 14789, { local: OTHER }),
      end("vxlan", 14789, { remote: OTHER }),
      end("vxlan", 14789, { remote: "flow" }),
      end("erspan", 0, { erspanVersion: 1 }),
      end("erspan", 0, { erspanVersion: 2 }),
      end("vxlan", 14789, { oneWay: true }),
    ];
    expect(new Set(ends.map(endpointPort)).size).to.equal(ends.length);
  });

  it("has no UDP port for GRE and no peer for a mesh", () => {
    const gre = explicitEndpoint({ mode: "mesh", type: "gre", udpPort: 14789, local: HERE }, THERE);
    expect(gre).to.deep.equal({ type: "gre", udpPort: 0, local: HERE, remote: "flow" });
    expect(describeEndpoint(gre)).to.equal("gre 192.0.2.1 -> any member");
    expect(describeEndpoint(end("vxlan", 7))).to.equal("vxlan UDP port 7 192.0.2.1 -> 192.0.2.2");
  });

  it("is used with the key, and by a mesh with the member", () => {
    const pair = end("vxlan", 14789);
    const key = 0xabc;
    expect(sendThrough(pair, { key, remote: THERE })).to.deep.equal([
      { set: "tun_id", value: 0xabcn },
      { output: endpointPort(pair) },
    ]);
    const mesh = { ...pair, remote: "flow" };
    expect(sendThrough(mesh, { key, remote: "2001:db8::2", maxLength: 64 })).to.deep.equal([
      { set: "tun_id", value: 0xabcn },
      { set: "tun_ipv6_dst", value: 0x20010db8_0000_0000_0000_0000_0000_0002n },
      { output: endpointPort(mesh), maxLength: 64 },
    ]);
  });
});
