import { isIPv6 } from "node:net";
import { encapsulation } from "../encapsulation/encapsulations";
import type { HostRecord } from "../host/host";
import { tunnelRules } from "../model/rules";
import { DEFAULT_UDP_PORT, type TunnelInputs, tunnelArgs, tunnelComputed } from "../schema/tunnel";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { type Failure, validate } from "../schema/validate";
import { checksOf } from "./checks";
import type { Names } from "./context";
import { recordHosts } from "./ends";
import type { CheckResult, Properties } from "./resource";

/** The default UDP port of a tunnel; for a type without a UDP port, that of the automatic tunnels is recorded. */
function defaultUdpPort(type: unknown): unknown {
  if (hasUnknown(type)) return UNKNOWN;
  const { udp } = encapsulation(type as TunnelInputs["type"]);
  return udp === "none" ? DEFAULT_UDP_PORT : udp.mirror;
}

/** Validates a MirrorTunnel's arguments, and adds `ref` and `rules` to the inputs. */
function checkTunnel(names: Names, _: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(tunnelArgs, news, tunnelComputed);
  if (failures.length > 0) return { inputs: values, failures };
  const inputs: Properties = {
    ...values,
    hosts: recordHosts(names, values.hosts),
    udpPort: values.udpPort ?? defaultUdpPort(values.type),
  };
  const { owner, hosts, mode, type, udpPort, localIps } = inputs;
  const ref = { format: 1, owner, hosts, mode, type, udpPort, localIps };
  inputs.ref = hasUnknown(ref) ? UNKNOWN : ref;
  inputs.rules = tunnelRules(inputs as Parameters<typeof tunnelRules>[0]);
  return { inputs, failures: contradictions(inputs) };
}

function contradictions({ hosts, localIps, mode, type, udpPort, bfd }: Properties): Failure[] {
  return [
    ...(Array.isArray(hosts) && !hasUnknown(hosts) ? wrongHosts(hosts, mode) : []),
    ...(Array.isArray(localIps) ? wrongAddresses(localIps, hosts) : []),
    ...(bfd === true ? unwatchable(mode) : []),
    ...(Array.isArray(localIps) && !hasUnknown(localIps) ? mixedFamilies(localIps) : []),
    ...(hasUnknown(type) ? [] : uselessPort(type as TunnelInputs["type"], udpPort)),
  ];
}

function wrongHosts(hosts: readonly HostRecord[], mode: unknown): Failure[] {
  const failures: Failure[] = [];
  const names = hosts.map((host) => host.name).join(", ");
  if (mode === "pair" && hosts.length !== 2)
    failures.push({
      property: "hosts",
      reason: `a pair has exactly two hosts, not ${hosts.length} (${names}); mode "mesh" takes more`,
    });
  const addresses = hosts.map((host) => host.address);
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) failures.push({ property: "hosts", reason: `host ${twice} is named twice` });
  return failures;
}

function wrongAddresses(localIps: readonly unknown[], hosts: unknown): Failure[] {
  const failures: Failure[] = [];
  if (Array.isArray(hosts) && localIps.length > 0 && localIps.length !== hosts.length)
    failures.push({
      property: "localIps",
      reason: `there are ${localIps.length} addresses for ${hosts.length} hosts; give one for each host, in the order of hosts`,
    });
  const twice = localIps.find((ip, index) => !hasUnknown(ip) && localIps.indexOf(ip) !== index);
  if (twice !== undefined)
    failures.push({ property: "localIps", reason: `${twice} is named twice; each host has its own address` });
  return failures;
}

function unwatchable(mode: unknown): Failure[] {
  const reason = 'in a mesh, one port serves all members, but BFD needs one for each: use mode "pair"';
  return mode === "mesh" ? [{ property: "bfd", reason }] : [];
}

function mixedFamilies(localIps: readonly string[]): Failure[] {
  const reason = "a tunnel is either IPv4 or IPv6: give addresses of one family";
  return new Set(localIps.map(isIPv6)).size > 1 ? [{ property: "localIps", reason }] : [];
}

function uselessPort(type: TunnelInputs["type"], udpPort: unknown): Failure[] {
  if (encapsulation(type).udp !== "none" || udpPort === DEFAULT_UDP_PORT || hasUnknown(udpPort)) return [];
  const reason = "GRE has no UDP port; leave udpPort out, or use type vxlan or geneve";
  return [{ property: "udpPort", reason }];
}

/** The checks of a MirrorTunnel. */
export const tunnelChecks = checksOf(tunnelArgs, checkTunnel);
