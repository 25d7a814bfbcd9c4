import * as z from "zod";

/** A MAC address in lower case with colons; dashes and capitals are accepted and normalised. */
export const mac = z
  .string()
  .transform((text) => text.toLowerCase().replaceAll("-", ":"))
  .refine(
    (text) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text),
    "must be a MAC address such as fa:16:3e:00:00:01",
  );

const byName = z
  .string()
  .min(1, "a port name may not be empty")
  .max(255)
  .refine(
    (name) => name !== "__proto__",
    "a port with this name can only be named by ifaceId, mac or vmUuid",
  );
const byIfaceId = z.strictObject({ ifaceId: z.string().min(1) });
const byMac = z.strictObject({ mac });
const byVm = z.strictObject({ vmUuid: z.string().min(1), vnic: z.int().min(0).optional() });

/** The ways in which one port is named. */
export const portChoices = [byName, byIfaceId, byMac, byVm] as const;

/** How a port is found on its host: by OVS name, or by what the cloud wrote on the Interface row. */
export const portInput = z
  .union(portChoices, "must be a port's name, { ifaceId }, { mac }, or { vmUuid } with or without vnic")
  .meta({ id: "Port" });

/**
 * The same in a claim. A tenant can choose a MAC address, but not an iface-id. The iface-id that was first found with a
 * MAC is therefore recorded, and a port with another one is refused.
 */
export const claimedPort = z.union([
  byName,
  byIfaceId,
  byMac.extend({ foundIfaceId: z.string().optional() }),
  byVm,
]);

export type PortInput = z.output<typeof claimedPort>;

/** A port as an argument, without what was found out about it. */
export function asGivenPort(port: PortInput): PortInput {
  return typeof port === "object" && "mac" in port ? { mac: port.mac } : port;
}

/** A port as one string; equal strings name the same port. */
export function portKey(port: PortInput): string {
  if (typeof port === "string") return port;
  return JSON.stringify(port, ["ifaceId", "mac", "vmUuid", "vnic"]);
}

/** The iface-ids that were first found with MAC addresses, by MAC. */
export type FoundIfaceIds = Readonly<Record<string, string>>;

/** A port, with the iface-id that was recorded for it. */
export function withFoundIfaceId(port: PortInput, known: FoundIfaceIds | undefined): PortInput {
  if (typeof port === "string" || !("mac" in port)) return port;
  const foundIfaceId = known?.[port.mac];
  return foundIfaceId === undefined ? port : { ...port, foundIfaceId };
}

/** The iface-ids to record; undefined if there are none. */
export function foundIfaceIds(ports: readonly PortInput[]): FoundIfaceIds | undefined {
  const found = ports.flatMap((port) =>
    typeof port === "object" && "mac" in port && port.foundIfaceId !== undefined
      ? [[port.mac, port.foundIfaceId] as const]
      : [],
  );
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** A port as messages name it. */
export function describePort(port: PortInput): string {
  if (typeof port === "string") return `"${port}"`;
  if ("ifaceId" in port) return `with iface-id ${port.ifaceId}`;
  if ("mac" in port) {
    const id = port.foundIfaceId === undefined ? "" : ` and iface-id ${port.foundIfaceId}`;
    return `with attached-mac ${port.mac}${id}`;
  }
  return port.vnic === undefined ? `of VM ${port.vmUuid}` : `of VM ${port.vmUuid}, vNIC ${port.vnic}`;
}

/** A port as `rules` show it: one word. */
export function portSymbol(port: PortInput): string {
  if (typeof port === "string") return port;
  if ("ifaceId" in port) return `iface-id:${port.ifaceId}`;
  if ("mac" in port) return `mac:${port.mac}`;
  return port.vnic === undefined ? `vm:${port.vmUuid}` : `vm:${port.vmUuid}/${port.vnic}`;
}
