import { must } from "./command.js";

/** A virtual cable between two namespaces. */
export interface Cable {
  ends: [CableEnd, CableEnd];
  mtu: number;
}

/** One end of a cable. */
export interface CableEnd {
  namespace: string;
  name: string;
  mac?: string;
}

/** Milliseconds that a namespace or cable may take, on a machine that has much else to do. */
const LINE_TIME = 500;

/** Makes the namespaces, then the cables between them, in one go. Nothing is ever in the machine's own namespace. */
export async function createNetwork(
  enterLab: readonly string[],
  namespaces: readonly string[],
  cables: readonly Cable[],
): Promise<void> {
  const end = ({ namespace, name, mac }: CableEnd, mtu: number) =>
    `name ${name} mtu ${mtu} ${mac ? `address ${mac} ` : ""}netns ${namespace}`;
  const lines = [
    ...namespaces.map((name) => `netns add ${name}`),
    ...cables.map(({ ends: [a, b], mtu }) => `link add ${end(a, mtu)} type veth peer ${end(b, mtu)}`),
  ];
  // In the lab's PID namespace, so that nothing is made any more once the lab's end has begun.
  const timeoutMs = 30_000 + lines.length * LINE_TIME;
  await must([...enterLab, "--", "ip", "-batch", "-"], { input: `${lines.join("\n")}\n`, timeoutMs });
}

/** The words that make a command run in a lab's PID namespace and one of its network namespaces. */
export function enterNetwork(enterLab: readonly string[], namespace: string): string[] {
  return [...enterLab, `--net=/run/netns/${namespace}`, "--"];
}

/**
 * The shell line that keeps a namespace's IPv6 silent: no router solicitation, no MLD report, no duplicate address detection. A
 * machine may have been booted without IPv6 (`ipv6.disable=1`).
 */
export const SILENCE_IPV6 =
  "for scope in all default; do file=/proc/sys/net/ipv6/conf/$scope/disable_ipv6; [ ! -e $file ] || echo 1 > $file; done";

/** Joins the hosts' cards in the underlay's namespace: a Linux bridge for each network, which floods and learns as a switch does. */
export async function joinUnderlay(
  enterLab: readonly string[],
  namespace: string,
  networks: readonly (readonly string[])[],
  mtu: number,
): Promise<void> {
  const script = networks.flatMap((ports, index) => [
    `ip link add name switch${index + 1} mtu ${mtu} type bridge forward_delay 0 mcast_snooping 0`,
    ...ports.map((port) => `ip link set ${port} master switch${index + 1} up`),
    `ip link set switch${index + 1} up`,
  ]);
  const input = ["set -e", SILENCE_IPV6, ...script].join("\n");
  const timeoutMs = 30_000 + script.length * LINE_TIME;
  await must([...enterNetwork(enterLab, namespace), "bash"], { input, timeoutMs });
}
