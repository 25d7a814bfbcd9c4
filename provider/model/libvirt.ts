import type { MonitorPortClaim } from "../schema/claim";

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;" };

function attribute(value: string): string {
  return `'${value.replaceAll(/[&<>']/g, (sign) => SIGNS[sign]!)}'`;
}

/**
 * The element of a libvirt domain that attaches a VM to the monitor port (formatdomain, "Bridge to LAN" and "vhost-user
 * interface"). Empty for a device of the host, which is not attached to a VM.
 */
export function libvirtInterface(
  { type, socketPath, ifaceId }: Pick<MonitorPortClaim, "type" | "socketPath" | "ifaceId">,
  tapBridge: string,
): string {
  const lines = {
    internal: [],
    "vhost-user": [
      "<interface type='vhostuser'>",
      `  <source type='unix' path=${attribute(socketPath ?? "")} mode='server'/>`,
    ],
    attach: [
      "<interface type='bridge'>",
      `  <source bridge=${attribute(tapBridge)}/>`,
      "  <virtualport type='openvswitch'>",
      `    <parameters interfaceid=${attribute(ifaceId ?? "")}/>`,
      "  </virtualport>",
    ],
  }[type];
  return lines.length === 0 ? "" : [...lines, "  <model type='virtio'/>", "</interface>"].join("\n");
}
