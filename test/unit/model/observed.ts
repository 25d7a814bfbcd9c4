import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../../../provider/ovs/facts";

/** A port of an observed host: its name, and what differs from a plain access port in VLAN 10. */
export type ObservedPort = { name: string; port?: Partial<PortFacts>; nic?: Partial<InterfaceFacts> };

/** A bridge of an observed host. Ports are numbered from 1 in their order. */
export type ObservedBridge = { name: string; ports: ObservedPort[]; row?: Partial<BridgeFacts> };

/** Facts of a host, written briefly. UUIDs are the names, with a letter in front for the table. */
export function observed(...bridges: ObservedBridge[]): Facts {
  const facts: Facts = {
    machine: "machine-here",
    version: "3.1.0",
    externalIds: {},
    otherConfig: {},
    bridges: [],
    ports: {},
    interfaces: {},
    mirrors: {},
  };
  for (const { name, ports, row } of bridges) {
    facts.bridges.push({
      uuid: `b-${name}`,
      name,
      datapathType: "netdev",
      failMode: "secure",
      externalIds: {},
      otherConfig: {},
      ports: ports.map((one) => `p-${one.name}`),
      mirrors: [],
      ...row,
    });
    for (const [index, one] of ports.entries()) addPort(facts, one, index + 1);
  }
  return facts;
}

function addPort(facts: Facts, { name, port, nic }: ObservedPort, ofport: number): void {
  facts.ports[`p-${name}`] = {
    uuid: `p-${name}`,
    name,
    interfaces: [`i-${name}`],
    tag: 10,
    trunks: [],
    vlanMode: undefined,
    externalIds: {},
    ...port,
  };
  facts.interfaces[`i-${name}`] = {
    uuid: `i-${name}`,
    name,
    type: "",
    ofport,
    ofportRequest: undefined,
    options: {},
    externalIds: {},
    macInUse: undefined,
    error: undefined,
    ...nic,
  };
}
