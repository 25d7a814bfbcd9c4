import * as z from "zod";
import { adopt, labels, ownerKey } from "./common";
import { hostInput, hostRecord } from "./host";
import { mac, portInput } from "./port";

/** Who creates the port: Open vSwitch, as a network device of the host or as a DPDK socket, or a VM's hypervisor. */
const type = z.enum(["internal", "vhost-user", "attach"]);

/**
 * The pattern of names that the provider gives its other ports, each with a hash. The names of monitor ports start with
 * `mp-`.
 */
const RESERVED = /^m[a-oq-z]-[0-9a-f]{12}$/;

/** The name of a device and of its port (Linux: at most 15 characters). */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, "a device name has 1 to 15 letters, digits, '_', '.' or '-'")
  .refine((text) => !RESERVED.test(text), "names of this form are reserved for other ports of pulumi-taas");

/**
 * The MAC address of a device. Open vSwitch ignores multicast and all-zero addresses (ovs-vswitchd.conf.db(5),
 * Interface, mac).
 */
const deviceMac = mac.refine(
  (text) => text !== "00:00:00:00:00:00" && Number.parseInt(text.slice(0, 2), 16) % 2 === 0,
  "must be a unicast address other than 00:00:00:00:00:00: its first byte must be even",
);

const mtu = z
  .int("must be a whole number of bytes, 68 to 65535")
  .min(68, "must be 68 to 65535 bytes")
  .max(65535, "must be 68 to 65535 bytes");

/** The most bytes in the path of a socket on Linux (unix(7)). */
const MAX_PATH = 107;

const socketPath = z
  .string()
  .regex(/^\/[^\p{Cc}]*$/u, "must be an absolute path without control characters")
  .refine((text) => Buffer.byteLength(text) <= MAX_PATH, `must have at most ${MAX_PATH} bytes`);

/** An interface id as libvirt and Neutron write it. */
const ifaceId = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text), "must be a UUID");

/** What a monitor port is. Claims contain these options as the checked inputs do. */
export const monitorPortOptions = {
  type: type.default("internal"),
  name: name.optional(),
  mac: deviceMac.optional(),
  mtu: mtu.optional(),
  socketPath: socketPath.optional(),
  ifaceId: ifaceId.optional(),
};

/** The options that only some types have. */
export const OPTIONS_OF_TYPE = {
  internal: ["name", "mac", "mtu"],
  "vhost-user": ["name", "socketPath"],
  attach: ["ifaceId"],
} as const satisfies Record<z.output<typeof type>, readonly (keyof typeof monitorPortOptions)[]>;

/** The arguments of a MonitorPort. */
export const monitorPortArgs = { host: hostInput, ...monitorPortOptions, ...labels, adopt, owner: ownerKey };

/** What `check` adds to the arguments of a MonitorPort. */
export const monitorPortComputed = {
  port: portInput,
  /** If Open vSwitch creates the port, its name is known before that. */
  portName: z.string().optional(),
  libvirt: z.string(),
  rules: z.array(z.string()),
};

/** The inputs of a MonitorPort after `check`. */
export const monitorPortInputs = z.object({ ...monitorPortArgs, host: hostRecord, ...monitorPortComputed });
export type MonitorPortInputs = z.output<typeof monitorPortInputs>;
