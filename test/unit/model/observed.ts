import { createHash } from "node:crypto";
import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../../../provider/ovs/facts";

/** A port of an observed host: its name, and what differs from a plain access port in VLAN 10. */
export type ObservedPort = { name: string; port?: Partial<PortFacts>; nic?: Partial<InterfaceFacts> };

/** A bridge of an observed host. Ports are numbered from 1 in their order. */
export type ObservedBridge = { name: string; ports: ObservedPort[]; row?: Partial<BridgeFacts> };

/** The UUID of a row of an observed host, by table and name. */
export function rowId(table: "Bridge" | "Port" | "Interface" | "Mirror", name: string): string {
  const hex = createHash("sha256").update(`${table} ${name}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** Facts of a host, written briefly. */
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
      uuid: rowId("Bridge", name),
      name,
      datapathType: "netdev",
      failMode: "secure",
      externalIds: {},
      otherConfig: {},
      ports: ports.map((one) => rowId("Port", one.name)),
      mirrors: [],
      ...row,
    });
    for (const [index, one] of ports.entries()) addPort(facts, one, index + 1);
  }
  return facts;
}

function addPort(facts: Facts, { name, port, nic }: ObservedPort, ofport: number): void {
  const [portId, nicId] = [rowId("Port", name), rowId("Interface", name)];
  facts.ports[portId] = {
    uuid: portId,
    name,
    interfaces: [nicId],
    tag: 10,
    trunks: [],
    vlanMode: undefined,
    externalIds: {},
    otherConfig: {},
    ...port,
  };
  facts.interfaces[nicId] = {
    uuid: nicId,
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
