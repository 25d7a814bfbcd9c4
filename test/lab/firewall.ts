import type { LabHost } from "./host.js";
import type { Vm } from "./vm.js";

/** What a protected VM accepts from others, besides answers and ARP. */
export interface AllowedService {
  protocol: "tcp" | "udp" | "icmp";
  /** Destination port; without it all ports. Not for ICMP. */
  port?: number;
}

/**
 * Puts a stateful firewall into `br-int` as Neutron's openvswitch firewall driver does, with its table numbers: 60 finds the port,
 * 71 and 72 are what a VM may send (no spoofing; all else is tracked and allowed), 81 and 82 what it may receive (answers, and
 * the allow-list), connections are tracked in a zone for each VLAN. VMs of the host that are not in `protect` have no port security.
 * Access ports only.
 */
export async function enableFirewall(
  host: LabHost,
  protect: readonly { vm: Vm; accept: readonly AllowedService[] }[],
  unprotected: readonly Vm[] = [],
): Promise<void> {
  const vms = [...protect.map(({ vm }) => vm), ...unprotected];
  const names = vms.map((vm) => vm.port).join(" ");
  const numbers = await host.ovs(`for port in ${names}; do ovs-vsctl get Interface $port ofport; done`);
  const ofports = numbers.trim().split("\n").map(Number);
  const ofport = (vm: Vm) => ofports[vms.indexOf(vm)]!;
  await host.replaceFlows("br-int", [
    ...base,
    ...unprotected.map(
      (vm) =>
        `table=60,priority=100,in_port=${ofport(vm)},actions=${registers(vm, ofport(vm))},resubmit(,94)`,
    ),
    ...protect.flatMap(({ vm, accept }) => protectionOf(vm, ofport(vm), accept)),
  ]);
}

const base = [
  "table=0,priority=0,actions=resubmit(,60)",
  "table=60,priority=3,actions=NORMAL",
  "table=71,priority=0,actions=drop",
  // What a VM sends: an established or new connection goes on, anything that belongs to none is dropped.
  "table=72,priority=50,ct_state=+inv+trk,actions=drop",
  "table=72,priority=40,ct_state=+est+trk,actions=resubmit(,94)",
  "table=72,priority=30,ct_state=+rel+trk,actions=resubmit(,94)",
  "table=72,priority=20,ct_state=+new+trk,ip,actions=ct(commit,zone=NXM_NX_REG6[0..15]),resubmit(,94)",
  "table=72,priority=0,actions=drop",
  "table=81,priority=0,actions=drop",
  "table=82,priority=50,ct_state=+inv+trk,actions=drop",
  "table=82,priority=0,actions=drop",
  // Accepted and not for a protected VM of this host.
  "table=94,priority=1,actions=NORMAL",
];

function protectionOf(vm: Vm, ofport: number, accept: readonly AllowedService[]): string[] {
  if (vm.vlan === undefined)
    throw new Error(`VM ${vm.name} has a trunk port: the firewall is for access ports`);
  const own = `reg5=${ofport}`;
  const deliver = `output:${ofport}`;
  const load = registers(vm, ofport);
  const zone = "zone=NXM_NX_REG6[0..15]";
  const matches = accept.map(({ protocol, port }) =>
    port === undefined ? protocol : `${protocol},tp_dst=${port}`,
  );
  return [
    `table=60,priority=100,in_port=${ofport},actions=${load},resubmit(,71)`,
    `table=60,priority=90,dl_vlan=${vm.vlan},dl_dst=${vm.mac},actions=${load},strip_vlan,resubmit(,81)`,
    `table=71,priority=95,arp,${own},in_port=${ofport},dl_src=${vm.mac},arp_spa=${vm.ip},actions=resubmit(,94)`,
    `table=71,priority=65,ip,${own},in_port=${ofport},dl_src=${vm.mac},nw_src=${vm.ip},ct_state=-trk,actions=ct(table=72,${zone})`,
    `table=94,priority=12,reg6=${vm.vlan},dl_dst=${vm.mac},actions=${load},resubmit(,81)`,
    `table=81,priority=100,arp,${own},actions=${deliver}`,
    `table=81,priority=90,ip,${own},ct_state=-trk,actions=ct(table=82,${zone})`,
    `table=81,priority=80,${own},ct_state=+trk,actions=resubmit(,82)`,
    `table=82,priority=40,ct_state=+est-new-inv+rpl+trk,${own},actions=${deliver}`,
    `table=82,priority=40,ct_state=+rel-new-inv+trk,${own},actions=${deliver}`,
    ...matches.flatMap((match) => [
      `table=82,priority=30,ct_state=+est-rel-rpl+trk,${own},${match},actions=${deliver}`,
      `table=82,priority=30,ct_state=+new-est+trk,${own},${match},actions=ct(commit,${zone}),${deliver}`,
    ]),
  ];
}

/** Register 5 is the port and register 6 the VLAN that a packet belongs to, as in Neutron. */
function registers(vm: Vm, ofport: number): string {
  return `load:${ofport}->NXM_NX_REG5[],load:${vm.vlan ?? 0}->NXM_NX_REG6[]`;
}
