import * as openstack from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { TapFlow, TapService } from "pulumi-taas";

const config = new pulumi.Config();
const networkId = config.require("networkId");
const imageName = config.require("imageName");
const flavorName = config.require("flavorName");

// Names of the compute hosts in the stack's inventory (taas:hosts). OpenStack tells a project's user neither where a VM
// runs nor when it moves, so every host is a candidate: each tap is where its port is plugged, and follows it.
const hosts = config.requireObject<string[]>("computeHosts");

// The monitor has a second port for the copies. That one is attached to br-tap and is in no network any more, so the VM
// is reached by its first port. Security groups have nothing to filter there: the addresses are those of other VMs.
const management = new openstack.networking.Port("ids-management", { networkId });
const sniffing = new openstack.networking.Port("ids-sniffing", { networkId, portSecurityEnabled: false });
const sensor = new openstack.compute.Instance("ids", {
  imageName,
  flavorName,
  networks: [{ port: management.id }, { port: sniffing.id }],
});

// Neutron's id of a port is the iface-id on its host. It says nothing of the VM, so dependsOn does: the tap waits for
// the VM, and is destroyed before it. With replaceWith it is also replaced with the VM, whose port is then another one
// with the same id.
const ids = new TapService(
  "ids",
  { hosts, port: { ifaceId: sniffing.id }, attachTimeout: 300 },
  { dependsOn: sensor, replaceWith: [sensor] },
);

// A VM with one port can be named by its own id, Nova's, which is the vm-uuid on its host.
const web = new openstack.compute.Instance("web", {
  imageName,
  flavorName,
  networks: [{ uuid: networkId }],
});
const webFlow = new TapFlow("web", {
  service: ids,
  hosts,
  port: { vmUuid: web.id },
  filter: "tcp port 443",
  attachTimeout: 300,
});

// A port that stays when its VM is replaced is named by its id.
const dbPort = new openstack.networking.Port("db", { networkId });
const db = new openstack.compute.Instance("db", {
  imageName,
  flavorName,
  networks: [{ port: dbPort.id }],
});
const dbFlow = new TapFlow(
  "db",
  { service: ids, hosts, port: { ifaceId: dbPort.id }, direction: "ingress", attachTimeout: 300 },
  { dependsOn: db, replaceWith: [db] },
);

export const monitorPort = ids.portName;
export const tappedPorts = [webFlow.portName, dbFlow.portName];
