import * as z from "zod";
import { MIRROR_ENCAPSULATIONS } from "../encapsulation/encapsulation";
import { adopt, ownerKey, reference, udpPort } from "./common";
import { hostInput, hostRecord, ipAddress } from "./host";

export const tunnelMode = z.enum(["pair", "mesh"]);
export const tunnelType = z.enum(MIRROR_ENCAPSULATIONS);

/** UDP port of the automatic mirror tunnels, which are VXLAN. */
export const DEFAULT_UDP_PORT = 14789;

/** What a mirror tunnel is. Claims contain these options as the arguments do. */
export const tunnelOptions = {
  mode: tunnelMode.default("pair"),
  type: tunnelType.default("vxlan"),
  dontFragment: z.boolean().default(true),
  tos: z.int().min(0).max(255).optional(),
  bfd: z.boolean().default(false),
};

/** The arguments of a MirrorTunnel. */
export const tunnelArgs = {
  hosts: z.array(hostInput).min(2, "a mirror tunnel needs at least two hosts"),
  ...tunnelOptions,
  udpPort: udpPort.optional(),
  localIps: z.array(ipAddress).default([]),
  adopt,
  owner: ownerKey,
};

/** What a TapFlow knows about its mirror tunnel. Only ever extended. */
export const tunnelRef = reference("MirrorTunnel", {
  owner: ownerKey,
  hosts: z.array(hostRecord),
  mode: tunnelMode,
  type: tunnelType,
  udpPort,
  /** As many as hosts, or none, which means each host's tunnelIp. */
  localIps: z.array(ipAddress),
});
export type TunnelRef = z.output<typeof tunnelRef>;

/** What `check` adds to the arguments of a MirrorTunnel. */
export const tunnelComputed = { ref: tunnelRef, rules: z.array(z.string()) };

/** The inputs of a MirrorTunnel after `check`. */
export const tunnelInputs = z.object({
  ...tunnelArgs,
  hosts: z.array(hostRecord),
  udpPort,
  ...tunnelComputed,
});
export type TunnelInputs = z.output<typeof tunnelInputs>;
