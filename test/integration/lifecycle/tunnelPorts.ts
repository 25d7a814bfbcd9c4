import type { LabHost } from "../../lab/host";

type Table = { data: [string, string, ["map", [string, string][]]][] };

/** The mirror tunnel ports of a host, each as `<type> <UDP port> <local> -> <remote>`, sorted. */
export async function tunnelPorts(host: LabHost): Promise<string[]> {
  const text = await host.ovs("ovs-vsctl --format=json --columns=name,type,options list Interface");
  return (JSON.parse(text) as Table).data
    .filter(([name]) => name.startsWith("mv-"))
    .map(([, type, [, options]]) => {
      const { dst_port, local_ip, remote_ip } = Object.fromEntries(options);
      return `${type} ${dst_port ?? "-"} ${local_ip} -> ${remote_ip}`;
    })
    .sort();
}
