import * as z from "zod";
import { MIRROR_ENCAPSULATIONS } from "../encapsulation/encapsulation";
import { ownerKey, reference, udpPort } from "./common";
import { hostInput, hostRecord, ipAddress } from "./host";

export const tunnelMode = z.enum(["pair", "mesh"]);
export const tunnelType = z.enum(MIRROR_ENCAPSULATIONS);

/** UDP port of the automatic mirror tunnels, which are VXLAN. */
export const DEFAULT_UDP_PORT = 14789;

/** The arguments of a MirrorTunnel, by property, before defaults. */
export const tunnelArgs = {
  hosts: z.array(hostInput).min(2, "a mirror tunnel needs at least two hosts"),
  mode: tunnelMode.optional(),
  type: tunnelType.optional(),
  udpPort: udpPort.optional(),
  localIps: z.array(ipAddress).optional(),
  dontFragment: z.boolean().optional(),
  tos: z.int().min(0).max(255).optional(),
  bfd: z.boolean().optional(),
  adopt: z.boolean().optional(),
  owner: ownerKey,
};

/** What a TapFlow knows of its mirror tunnel. Only ever extended. */
export const tunnelRef = reference("a MirrorTunnel, or the ref of one", {
  owner: ownerKey,
  hosts: z.array(hostRecord),
  mode: tunnelMode,
  type: tunnelType,
  udpPort,
  /** As many as hosts, or none: each host's tunnelIp. */
  localIps: z.array(ipAddress),
});
export type TunnelRef = z.output<typeof tunnelRef>;

/** The inputs of a MirrorTunnel as `check` leaves them. */
export const tunnelInputs = z.object({
  ...tunnelArgs,
  hosts: z.array(hostRecord),
  mode: tunnelMode,
  type: tunnelType,
  udpPort,
  localIps: z.array(ipAddress),
  dontFragment: z.boolean(),
  ref: tunnelRef,
  rules: z.array(z.string()),
});
export type TunnelInputs = z.output<typeof tunnelInputs>;
