/** The kinds of resources, by the names that programs and states have for them. */
export const KINDS = ["TapService", "TapFlow", "MirrorTunnel", "MonitorPort"] as const;
export type Kind = (typeof KINDS)[number];

/**
 * What `check` and the operations add to a resource's arguments, and what is computed from those. It would tell an argument that
 * is a secret, so it is a secret as soon as one is, but for the description, from which nothing is computed.
 */
export const COMPUTED: Readonly<Record<Kind, readonly string[]>> = {
  TapService: ["ref", "rules", "portName", "ifaceIds", "status"],
  TapFlow: ["portName", "portNames", "ifaceIds", "tunnelId", "rules", "status"],
  MirrorTunnel: ["ref", "rules", "portNames", "status"],
  MonitorPort: ["port", "portName", "libvirt", "rules", "status"],
};

const PLACE = ["host", "hosts", "port", "ports"];

/** What only an operation finds out on hosts, each with the arguments that decide it: while these stay, so does it. */
export const FOUND: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  TapService: { portName: PLACE, ifaceIds: PLACE },
  TapFlow: { portName: PLACE, portNames: PLACE, ifaceIds: PLACE },
  MirrorTunnel: { portNames: ["hosts", "mode", "type", "udpPort", "localIps"] },
  MonitorPort: { portName: ["host", "type", "name", "ifaceId"] },
};

/** The property by which a program tells the dynamic provider, which gets every value in plain text, the names of the secret ones. */
export const SECRETS = "__secrets";

/** The argument from which nothing is computed. */
const UNTOLD = "description";

/** Whether what is computed from arguments would tell a secret, where those of some names are secret. */
export function tellsSecret(args: Iterable<string>): boolean {
  return [...args].some((name) => name !== UNTOLD);
}

/** The names of the properties of a resource that are secret where arguments of some names are: what is computed from one is one, too. */
export function secretProperties(kind: Kind, args: ReadonlySet<string>): ReadonlySet<string> {
  return tellsSecret(args) ? new Set([...args, ...COMPUTED[kind]]) : args;
}
