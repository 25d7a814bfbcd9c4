/** The kinds of resources, by their names in programs and states. */
export const KINDS = ["TapService", "TapFlow", "MirrorTunnel", "MonitorPort"] as const;
export type Kind = (typeof KINDS)[number];

/**
 * The outputs that `check` and the operations add to a resource's arguments. They are computed from the arguments, so
 * they would reveal a secret one: if any argument is secret, so are they. The description is the exception, because
 * nothing is computed from it.
 */
export const COMPUTED: Readonly<Record<Kind, readonly string[]>> = {
  TapService: ["ref", "rules", "portName", "ifaceIds", "status"],
  TapFlow: ["portName", "portNames", "ifaceIds", "tunnelId", "rules", "status"],
  MirrorTunnel: ["ref", "rules", "portNames", "status"],
  MonitorPort: ["port", "portName", "libvirt", "rules", "status"],
};

/** The arguments that say where a port is. */
export const PLACE = ["host", "hosts", "port", "ports"];

/**
 * Outputs that only an operation on hosts can find out, each with the arguments that determine it: while those are
 * unchanged, so is the output.
 */
export const FOUND: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  TapService: { portName: PLACE, ifaceIds: PLACE },
  TapFlow: { portName: PLACE, portNames: PLACE, ifaceIds: PLACE },
  MirrorTunnel: { portNames: ["hosts", "mode", "type", "udpPort", "localIps"] },
  MonitorPort: { portName: ["host", "type", "name", "ifaceId"] },
};

/** Arguments that follow from others where a program does not give them, each with those. */
export const FOLLOWING: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  TapService: {},
  TapFlow: {},
  MirrorTunnel: { udpPort: ["type"] },
  MonitorPort: { socketPath: ["name"] },
};

/**
 * The property in which a program tells the dynamic provider the names of the secret arguments. The dynamic provider
 * gets every value as plain text.
 */
export const SECRETS = "__secrets";

/** The argument from which nothing is computed. */
const UNTOLD = "description";

/** Whether what is computed from the arguments would reveal a secret, if the named arguments are secret. */
export function tellsSecret(args: Iterable<string>): boolean {
  return [...args].some((name) => name !== UNTOLD);
}

/**
 * The names of a resource's secret properties, given its secret arguments: whatever is computed from a secret is
 * secret, too.
 */
export function secretProperties(kind: Kind, args: ReadonlySet<string>): ReadonlySet<string> {
  if (!tellsSecret(args)) return args;
  const following = Object.entries(FOLLOWING[kind]).filter(([, from]) => from.some((name) => args.has(name)));
  return new Set([...args, ...following.map(([name]) => name), ...COMPUTED[kind]]);
}
