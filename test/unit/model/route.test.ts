import { expect } from "chai";
import { routeOf } from "../../../provider/model/route";
import type { FlowClaim, TunnelClaim } from "../../../provider/schema/claim";

const [HERE, THERE] = ["192.0.2.1", "192.0.2.2"];
const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" } as const;
const flow: FlowClaim = {
  ...base,
  kind: "flow",
  owner: "o/p/s/TapFlow/web",
  service: "o/p/s/TapService/ids",
  tunnelId: 7,
  destination: "machine-there",
  peer: { machine: "machine-there", name: "host2", local: HERE, remote: THERE },
};

function tunnel(owner: string, more: Partial<TunnelClaim> = {}): TunnelClaim {
  return {
    ...base,
    kind: "tunnel",
    owner,
    integrationBridge: "br-int",
    mode: "pair",
    type: "vxlan",
    udpPort: 15000,
    local: HERE,
    peers: [{ machine: "machine-there", name: "host2", remote: THERE }],
    dontFragment: true,
    bfd: false,
    ...more,
  };
}

/** UDP port, and all ports listened on. */
function ports(tunnels: readonly TunnelClaim[], of: FlowClaim = flow): [number, number[]] {
  const route = routeOf(tunnels, of)!;
  return [route.end.udpPort, route.ways.map((way) => way.end.udpPort)];
}

describe("the route of a flow's copies", () => {
  it("is the automatic pair when there is nothing else", () => {
    const end = { type: "vxlan", udpPort: 14789, local: HERE, remote: THERE };
    expect(routeOf([], flow)).to.deep.equal({ end, remote: THERE, ways: [{ end, remote: THERE }] });
  });

  it("is an explicit pair before a mesh, and a mesh before the automatic pair", () => {
    const pair = tunnel("z", { udpPort: 15001 });
    const mesh = tunnel("a", { mode: "mesh", udpPort: 15002 });
    expect(ports([mesh, pair])).to.deep.equal([15001, [15001]]);
    expect(ports([mesh])).to.deep.equal([15002, [15002]]);
    expect(routeOf([mesh], flow)).to.deep.include({ remote: THERE });
    expect(routeOf([mesh], flow)!.end.remote).to.equal("flow");
  });

  it("is that of the lowest owner among several of a kind, in whatever order they come", () => {
    const [a, b] = [tunnel("a", { udpPort: 15001 }), tunnel("b", { udpPort: 15002 })];
    expect(ports([a, b])[0]).to.equal(15001);
    expect(ports([b, a])[0]).to.equal(15001);
  });

  it("is not one that leads elsewhere", () => {
    const elsewhere = [{ machine: "machine-3", name: "host3", remote: "192.0.2.3" }];
    expect(ports([tunnel("a", { peers: elsewhere })])[0]).to.equal(14789);
  });

  it("goes to the address that the tunnel's claim has for the other end", () => {
    const peers = [{ machine: "machine-there", name: "host2", remote: "198.51.100.2" }];
    const route = routeOf([tunnel("a", { peers, local: "198.51.100.1" })], flow)!;
    expect(route).to.deep.include({ remote: "198.51.100.2" });
    expect(route.end).to.deep.include({ local: "198.51.100.1", remote: "198.51.100.2" });
  });

  it("is the one the flow names, whatever else there is", () => {
    const wire = {
      owner: "x",
      mode: "mesh",
      type: "geneve",
      udpPort: 15009,
      local: HERE,
      remote: THERE,
    } as const;
    const route = routeOf([tunnel("a")], { ...flow, tunnel: wire })!;
    expect(route.end).to.deep.equal({ type: "geneve", udpPort: 15009, local: HERE, remote: "flow" });
    expect(route.ways).to.have.length(1);
  });

  it("has the type that the tunnel it names now has on that UDP port", () => {
    const ends = { local: HERE, remote: THERE };
    const wire = { owner: "a", mode: "pair", type: "vxlan", udpPort: 15000, ...ends } as const;
    const type = (now: Partial<TunnelClaim>) =>
      routeOf([tunnel("a", now)], { ...flow, tunnel: wire })!.end.type;
    expect(type({ type: "geneve", phase: "ready" })).to.equal("geneve");
    expect(type({ type: "geneve", udpPort: 15001 })).to.equal("vxlan");
    expect(type({ type: "gre" })).to.equal("vxlan");
    expect(routeOf([tunnel("b", { type: "geneve" })], { ...flow, tunnel: wire })!.end.type).to.equal("vxlan");
  });

  it("listens on the next one too while an explicit one is created or deleted", () => {
    const mesh = tunnel("m", { mode: "mesh", udpPort: 15002 });
    expect(ports([tunnel("a", { phase: "ready" })]), "ready: not used").to.deep.equal([14789, [14789]]);
    expect(ports([tunnel("a", { phase: "preferred" })])).to.deep.equal([15000, [15000, 14789]]);
    expect(ports([tunnel("a", { phase: "preferred" }), mesh])).to.deep.equal([15000, [15000, 15002]]);
    const all = [tunnel("a", { phase: "preferred" }), { ...mesh, phase: "preferred" as const }];
    expect(ports(all)).to.deep.equal([15000, [15000, 15002, 14789]]);
  });

  it("is none of ours on one machine, and over production tunnels", () => {
    const { peer: _, ...local } = flow;
    expect(routeOf([tunnel("a")], local)).to.equal(undefined);
    expect(routeOf([tunnel("a")], { ...flow, shared: { bridge: "br-tun" } })).to.equal(undefined);
  });
});
