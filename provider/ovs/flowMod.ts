import type { WireFlow } from "./encodeRule";
import { EXACT } from "./multipart";
import { encodeMatchField } from "./oxm";

const ANY = 0xffff_ffff;
/** Flow-mod commands (enum ofp_flow_mod_command). */
export const COMMAND = { add: 0, modifyStrict: 2, deleteStrict: 4 } as const;

/** The body of a flow-mod (struct ofp_flow_mod). */
export function flowMod(
  command: (typeof COMMAND)[keyof typeof COMMAND],
  flow: Omit<WireFlow, "instructions" | "hardTimeout"> & Partial<WireFlow>,
  more: { flags?: number; cookieMask?: bigint } = {},
): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64BE(flow.cookie, 0);
  body.writeBigUInt64BE(more.cookieMask ?? 0n, 8);
  body.writeUInt8(flow.table, 16);
  body.writeUInt8(command, 17);
  body.writeUInt16BE(flow.hardTimeout ?? 0, 20);
  body.writeUInt16BE(flow.priority, 22);
  for (const at of [24, 28, 32]) body.writeUInt32BE(ANY, at);
  body.writeUInt16BE(more.flags ?? 0, 36);
  return Buffer.concat([body, encodeMatchField(flow.match), flow.instructions ?? Buffer.alloc(0)]);
}

/** The body of a flow-mod that adds a leased rule, which expires after this many seconds unless it is renewed. */
export function addLease(flow: WireFlow, seconds: number): Buffer {
  return flowMod(COMMAND.add, { ...flow, hardTimeout: seconds });
}

/**
 * The body of a flow-mod that restarts a leased rule's time and counters. A rule that has expired stays deleted: a
 * modify creates no rule (openflow-spec 1.4.0, section 6.4).
 */
export function renewLease(flow: WireFlow): Buffer {
  return flowMod(COMMAND.modifyStrict, flow, { cookieMask: EXACT });
}

/** The body of a flow-mod that deletes a leased rule. */
export function endLease(flow: WireFlow): Buffer {
  return flowMod(COMMAND.deleteStrict, flow, { cookieMask: EXACT });
}

/** Whether the body of an error says that a rule overlaps with another (OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP). */
export function isOverlap(body: Buffer): boolean {
  return body.length >= 4 && body.readUInt16BE(0) === 5 && body.readUInt16BE(2) === 3;
}
