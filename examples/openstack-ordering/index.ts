import * as pulumi from "@pulumi/pulumi";
import { TapFlow, TapService } from "pulumi-taas";
import { CloudPort, CloudServer } from "./cloud";

// Which VM watches. Change it whenever you like (`pulumi config set monitor audit`): any VM can become the monitor at any
// time, and the one before becomes a VM like the others again.
const config = new pulumi.Config();
const monitor = config.get("monitor") ?? "ids";
// What the VMs boot. Another one replaces them, and with them their taps.
const image = config.get("image") ?? "debian-12";

const hosts: Record<string, string> = { web: "host1", ids: "host2", audit: "host3" };
const vms = Object.entries(hosts).map(([name, host]) => {
  // 1. The port. Nobody knows its id before it is made, so the preview shows what hangs on it as unknown.
  const port = new CloudPort(name, { vlan: 10 });
  // 2. The VM is launched on the port. The cloud says "launched" and plugs the VM a moment later.
  const server = new CloudServer(name, { host, port: port.id, vlan: port.vlan, image });
  return { name, host, port, server };
});

function vm(name: string): (typeof vms)[number] {
  const found = vms.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`monitor: there is no VM ${name}`);
  return found;
}

// 3. The tap comes last. It finds the VM's port by the id that the cloud writes on it and waits until it is plugged. That it
// depends on the server makes a destroy go the other way round: first the tap, then the VM. A VM that is replaced gets
// another port with the same id, so the tap is replaced with it.
const watcher = vm(monitor);
const service = new TapService(
  "monitor",
  { host: watcher.host, port: { ifaceId: watcher.port.id }, attachTimeout: 120 },
  { dependsOn: watcher.server, replaceWith: [watcher.server] },
);

const tapped = vm("web");
const flow = new TapFlow(
  "web",
  { service, host: tapped.host, port: { ifaceId: tapped.port.id }, attachTimeout: 120 },
  { dependsOn: tapped.server, replaceWith: [tapped.server] },
);

export const monitorPort = service.portName;
export const tappedPort = flow.portName;
export const rules = flow.rules;
