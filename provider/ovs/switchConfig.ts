import { numbers } from "./bytes";

/** How a bridge must handle IP fragments: `ovs-ofctl set-frags nx-match` (enum ofp_config_flags). */
export const FRAGMENTS_NX_MATCH = 3;

/** A bridge's settings, from its answer to a configuration request (struct ofp_switch_config). */
export interface SwitchConfig {
  flags: number;
  missSendLength: number;
}

export function readConfig(body: Buffer): SwitchConfig {
  return { flags: body.readUInt16BE(0), missSendLength: body.readUInt16BE(2) };
}

/** The body of a message that sets them. */
export function encodeConfig({ flags, missSendLength }: SwitchConfig): Buffer {
  return numbers([2, flags], [2, missSendLength]);
}
