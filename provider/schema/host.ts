import { isIP, isIPv6, SocketAddress } from "node:net";
import * as z from "zod";

/**
 * Rejects text that could be taken for an option or break a command line; everything else is left to DNS and ssh. An
 * IPv6 address may start with "::".
 */
const word = (what: string) =>
  z
    .string()
    .min(1, { error: `${what} may not be empty`, abort: true })
    .max(255, `${what} has at most 255 characters`)
    .regex(
      /^(?:[A-Za-z0-9_[(]|::)[^\s\p{Cc}]*$/u,
      `${what} starts with a letter or digit and has no white space`,
    );
const address = word("an address");

/**
 * An IPv4 or IPv6 address. IPv6 is converted to its canonical spelling (RFC 5952), so that equal addresses are equal
 * texts.
 */
export const ipAddress = z
  .string()
  .refine((text) => isIP(text) !== 0 && !text.includes("%"), "must be an IPv4 or IPv6 address")
  .transform((text) => (isIPv6(text) ? new SocketAddress({ address: text, family: "ipv6" }).address : text));

/** The address in a text from a host, in the same spelling; undefined if the text is not an address. */
export function readAddress(text: string | undefined): string | undefined {
  return ipAddress.safeParse(text?.trim()).data;
}

/** OVS bridge names are Linux device names, which have at most 15 characters. */
const bridgeName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, "a bridge name has 1 to 15 letters, digits, '_', '.' or '-'");

/** How a host is reached, as opposed to its bridges and addresses. A change is never a diff. */
const connection = {
  port: z.int().min(1).max(65535).optional(),
  user: z
    .string()
    .regex(/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u, "a user name has no white space and does not start with '-'")
    .optional(),
  identityFile: z.string().min(1).optional(),
  hostKey: z.string().min(1).optional(),
  proxyJump: z.string().min(1).optional(),
  transport: z.enum(["ssh2", "openssh", "local"]).optional(),
  sudo: z.enum(["auto", "always", "never"]).optional(),
  gone: z.boolean().optional(),
};

/** A host of the inventory; its key there is its name. */
const hostEntry = z.strictObject({
  address,
  ...connection,
  tunnelIp: ipAddress.optional(),
  integrationBridge: bridgeName.optional(),
  tapBridge: bridgeName.optional(),
  tunnelBridge: bridgeName.optional(),
  keeper: z.boolean().optional(),
});

/** The names of the fields that describe how a host is reached. */
export const CONNECTION_FIELDS = Object.keys(connection) as readonly (keyof typeof connection)[];

/** The bridges of a host that names no others. Records of hosts omit them. */
export const DEFAULT_BRIDGES = {
  integrationBridge: "br-int",
  tapBridge: "br-tap",
  tunnelBridge: "br-tun",
} as const;

/** What command-line options can set: how hosts are reached, and where their taps are. */
export const connectionOptions = hostEntry.pick({
  port: true,
  user: true,
  identityFile: true,
  hostKey: true,
  proxyJump: true,
  transport: true,
  sudo: true,
  tapBridge: true,
});

export type ConnectionOptions = z.output<typeof connectionOptions>;

const meant = "must be a host's name, or a record with its address";

/** A host in the inventory: an address, the name of another entry, or the whole record. */
export const inventoryHost = z.union([address, hostEntry], meant);

/** A host as a program gives it: a name, or the whole record, possibly one that `check` has resolved. */
export const hostInput = z
  .union([address, hostEntry.extend({ name: word("a name").optional() })], meant)
  .meta({ id: "Host" });

/** Where a port is: on a host, or on one of several candidates. */
export const places = {
  host: hostInput.optional(),
  hosts: z.array(hostInput).min(1, "name at least one host").max(1000, "at most 1000 hosts").optional(),
};

/** A host as `check` records it: resolved through the inventory. */
export const hostRecord = z.object({ ...hostEntry.shape, name: z.string() });

/**
 * How a host is reached, and its bridges and addresses; a `Host` argument resolved through the stack's inventory. Plain
 * JSON.
 */
export type HostRecord = z.output<typeof hostRecord>;

/** The places as `check` records them. */
export const recordedPlaces = { host: hostRecord.optional(), hosts: z.array(hostRecord).optional() };
