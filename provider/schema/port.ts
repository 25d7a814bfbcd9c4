import * as z from "zod";

/** A MAC address in lower case with colons; dashes and capitals are accepted and normalised. */
export const mac = z
  .string()
  .transform((text) => text.toLowerCase().replaceAll("-", ":"))
  .refine(
    (text) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text),
    "must be a MAC address such as fa:16:3e:00:00:01",
  );

/** How a port is found on its host: by OVS name, or by what the cloud wrote on the Interface row. */
export const portInput = z.union(
  [
    z
      .string()
      .min(1, "a port name may not be empty")
      .max(255)
      .refine((name) => name !== "__proto__", "a port of that name is found by ifaceId, mac or vmUuid only"),
    z.strictObject({ ifaceId: z.string().min(1) }),
    z.strictObject({ mac }),
    z.strictObject({ vmUuid: z.string().min(1), vnic: z.int().min(0).optional() }),
  ],
  "must be a port's name, { ifaceId }, { mac }, or { vmUuid } with or without vnic",
);

export type PortInput = z.output<typeof portInput>;

/** A port as one string: equal text, equal wish. */
export function portKey(port: PortInput): string {
  return typeof port === "string" ? port : JSON.stringify(port, Object.keys(port).sort());
}

/** A port the way messages name it. */
export function describePort(port: PortInput): string {
  if (typeof port === "string") return `"${port}"`;
  if ("ifaceId" in port) return `with iface-id ${port.ifaceId}`;
  if ("mac" in port) return `with attached-mac ${port.mac}`;
  return port.vnic === undefined ? `of VM ${port.vmUuid}` : `of VM ${port.vmUuid}, vNIC ${port.vnic}`;
}

/** A port the way `rules` show it: one word. */
export function portSymbol(port: PortInput): string {
  if (typeof port === "string") return port;
  if ("ifaceId" in port) return `iface-id:${port.ifaceId}`;
  if ("mac" in port) return `mac:${port.mac}`;
  return port.vnic === undefined ? `vm:${port.vmUuid}` : `vm:${port.vmUuid}/${port.vnic}`;
}
