import type { LabHost } from "../../lab/host";
import type { Vm } from "../../lab/vm";

/** An iface-id that would do harm where a shell took it for its own text. */
const HOSTILE = "a\\\"$(touch /run/harm)`touch /run/harm`';\\n'";

/** Gives others rows and rules on a host's integration bridge; one port has the iface-id of a VM, and is inactive. */
export async function plugOthers(host: LabHost, { ifaceId }: Vm): Promise<void> {
  await host.addFlows("br-int", ["cookie=0x77,table=9,priority=9,actions=drop"]);
  await host.ovsVsctl([
    ["set", "Bridge", "br-int", "external_ids:theirs=1"],
    ["--id=@m", "create", "Mirror", "name=theirs", "external_ids:theirs=1"],
    ["add", "Bridge", "br-int", "mirrors", "@m"],
    ["add-port", "br-int", "theirs"],
    ["set", "Interface", "theirs", "type=internal", `external_ids:iface-id="${HOSTILE}"`],
    ["add-port", "br-int", "theirs2"],
    ["set", "Interface", "theirs2", "type=internal", "external_ids:iface-status=inactive"],
    ["set", "Interface", "theirs2", `external_ids:iface-id=${ifaceId}`],
  ]);
}

/** What others have on the host, as a text. */
export function othersRows(host: LabHost): Promise<string> {
  return host.ovs(`
ovs-vsctl --columns=name,external_ids,select_all,output_port find Mirror name=theirs
ovs-vsctl get Bridge br-int external_ids
ovs-vsctl --columns=name,external_ids,ofport_request,options find Interface 'name!=tap-web' | grep -A3 theirs
ovs-ofctl --no-stats dump-flows br-int cookie=0x77/-1
ovs-vsctl list-ports br-int | grep theirs`);
}
