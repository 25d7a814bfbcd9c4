import * as z from "zod";
import { adopt, labels, ownerKey } from "./common";
import { hostInput, hostRecord } from "./host";
import { mac, portInput } from "./port";

/** Who makes the port: Open vSwitch a device of the host, Open vSwitch a socket of DPDK, or a VM's hypervisor. */
const type = z.enum(["internal", "vhost-user", "attach"]);

/** Names that other ports of ours have, each with a hash. Those of monitor ports begin with `mp-`. */
const RESERVED = /^m[a-oq-z]-[0-9a-f]{12}$/;

/** The name of a device and of its port (Linux: at most 15 characters). */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, "a device name has 1 to 15 letters, digits, '_', '.' or '-'")
  .refine((text) => !RESERVED.test(text), "names like this are those of other ports of pulumi-taas");

/** The address of a device: Open vSwitch sets no group address and not that of nobody (ovs-vswitchd.conf.db(5), Interface, mac). */
const deviceMac = mac.refine(
  (text) => text !== "00:00:00:00:00:00" && Number.parseInt(text.slice(0, 2), 16) % 2 === 0,
  "must be the address of one device: the first byte is even, and not all are zero",
);

const mtu = z
  .int("must be a whole number of bytes, 68 to 65535")
  .min(68, "must be 68 to 65535 bytes")
  .max(65535, "must be 68 to 65535 bytes");

/** Bytes that a socket's path has at most on Linux (unix(7)). */
const MAX_PATH = 107;

const socketPath = z
  .string()
  .regex(/^\/[^\p{Cc}]*$/u, "must be an absolute path without control characters")
  .refine((text) => Buffer.byteLength(text) <= MAX_PATH, `must have at most ${MAX_PATH} bytes`);

/** An id of an interface as libvirt and Neutron write it. */
const ifaceId = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text), "must be a UUID");

/** What a monitor port is. A claim has them as the checked inputs do. */
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

/** What `check` makes of the arguments of a MonitorPort. */
export const monitorPortComputed = {
  port: portInput,
  /** Where Open vSwitch makes the port, known before it does. */
  portName: z.string().optional(),
  libvirt: z.string(),
  rules: z.array(z.string()),
};

/** The inputs of a MonitorPort as `check` leaves them. */
export const monitorPortInputs = z.object({ ...monitorPortArgs, host: hostRecord, ...monitorPortComputed });
export type MonitorPortInputs = z.output<typeof monitorPortInputs>;
