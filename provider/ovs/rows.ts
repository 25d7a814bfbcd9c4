import type { BridgeFacts, InterfaceFacts, MirrorFacts, PortFacts } from "./facts";
import type { RowOf } from "./tables";

/** A bridge's row as facts. */
export function bridgeFacts(uuid: string, row: RowOf<"Bridge">): BridgeFacts {
  return {
    uuid,
    name: row.name,
    datapathType: row.datapath_type,
    failMode: row.fail_mode,
    protocols: row.protocols,
    controllers: row.controller,
    spanningTree: (["stp_enable", "rstp_enable"] as const).filter((name) => row[name]),
    externalIds: row.external_ids,
    otherConfig: row.other_config,
    ports: row.ports,
    mirrors: row.mirrors,
  };
}

/** A port's row as facts. */
export function portFacts(uuid: string, row: RowOf<"Port">): PortFacts {
  return {
    uuid,
    name: row.name,
    interfaces: row.interfaces,
    tag: row.tag,
    trunks: row.trunks,
    vlanMode: row.vlan_mode,
    externalIds: row.external_ids,
    otherConfig: row.other_config,
  };
}

/** An interface's row as facts. */
export function interfaceFacts(uuid: string, row: RowOf<"Interface">): InterfaceFacts {
  return {
    uuid,
    name: row.name,
    type: row.type,
    bfd: row.bfd,
    bfdState: row.bfd_status.state,
    ofport: row.ofport,
    ofportRequest: row.ofport_request,
    options: row.options,
    externalIds: row.external_ids,
    mac: row.mac,
    macInUse: row.mac_in_use,
    mtu: row.mtu,
    mtuRequest: row.mtu_request,
    ifindex: row.ifindex,
    linkState: row.link_state,
    error: row.error,
  };
}

/** A mirror's row as facts. */
export function mirrorFacts(uuid: string, row: RowOf<"Mirror">): MirrorFacts {
  return {
    uuid,
    name: row.name,
    selectAll: row.select_all,
    selectSrcPort: row.select_src_port,
    selectDstPort: row.select_dst_port,
    selectVlan: row.select_vlan,
    outputPort: row.output_port,
    outputVlan: row.output_vlan,
    snaplen: row.snaplen,
    filter: row.filter,
    externalIds: row.external_ids,
  };
}
