import { TaasError } from "../errors";
import { GENERATION_KEY } from "../model/readClaims";
import type { BridgeFacts } from "../ovs/facts";
import type { HostGuard } from "../ovs/guarded";
import { guardMap, type Operation } from "../ovs/operations";
import type { OvsdbClient } from "../ovs/ovsdbClient";
import { uuid } from "../ovs/values";
import { guard } from "../plan/claims";
import { type HostAccess, tapBridgeOf } from "./access";
import { requireHeld } from "./otherWriter";

/** What rules were rendered from: the claims' generation, and port numbers by Interface UUID. */
export interface Rendered {
  generation: number;
  ofports: Readonly<Record<string, number>>;
}

/** The guard of a command on the host. A generation that was written by hand is compared as it is. */
export function hostGuard(
  { record }: HostAccess,
  { generation, ofports }: { generation: number | string; ofports: Rendered["ofports"] },
): HostGuard {
  return { bridge: tapBridgeOf(record), key: GENERATION_KEY, generation: String(generation), ofports };
}

/** Whether a host still is what rules were rendered from. */
export function isCurrent({ record, ovsdb }: HostAccess, from: Rendered): Promise<boolean> {
  const row = { table: "Bridge", name: tapBridgeOf(record) };
  return holds(ovsdb, [
    guardMap(row, "other_config", { [GENERATION_KEY]: String(from.generation) }),
    ...Object.entries(from.ofports).map(guardOfport),
  ]);
}

/**
 * Throws `OtherWriter` if another writer has changed the host's claims since they were read; `bridge`: the tap bridge
 * at that time.
 */
export async function requireCurrent(
  { ovsdb }: Pick<HostAccess, "ovsdb">,
  bridge: BridgeFacts | undefined,
  tapBridge: string,
): Promise<void> {
  requireHeld(await holds(ovsdb, [guard(bridge, tapBridge)]));
}

async function holds(ovsdb: OvsdbClient, guards: readonly Operation[]): Promise<boolean> {
  try {
    await ovsdb.transact(guards);
    return true;
  } catch (error) {
    if (error instanceof TaasError && error.code === "guard-failed") return false;
    throw error;
  }
}

function guardOfport([nic, ofport]: readonly [string, number]): Operation {
  return {
    op: "wait",
    table: "Interface",
    where: [["_uuid", "==", uuid(nic)]],
    columns: ["ofport"],
    until: "==",
    rows: [{ ofport }],
    timeout: 0,
  };
}
