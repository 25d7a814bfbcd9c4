import { TaasError } from "../errors";
import type { Operation, Wait } from "./operations";
import type { OvsdbClient } from "./ovsdbClient";
import { decodeInteger } from "./values";

/**
 * The two operations that end a transaction which ovs-vswitchd has to acknowledge: increment `next_cfg`, and read it.
 * ovs-vsctl does this by itself, raw OVSDB does not.
 */
export function bumpNextCfg(): Operation[] {
  return [
    { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["next_cfg", "+=", 1]] },
    { op: "select", table: "Open_vSwitch", where: [], columns: ["next_cfg"] },
  ];
}

/** The number to wait for, from the results of a transaction that ended with `bumpNextCfg()`. */
export function nextCfgOf(results: readonly unknown[], host: string | undefined): number {
  const { rows } = (results.at(-1) ?? {}) as { rows?: Record<string, unknown>[] };
  return decodeInteger({ value: rows?.[0]?.next_cfg, column: "Open_vSwitch.next_cfg", host });
}

/**
 * Makes a transaction wait until ovs-vswitchd has applied everything up to `nextCfg`; if it does not, the transaction
 * fails with `guard-failed`.
 */
function untilApplied(nextCfg: number, timeoutMs: number): Wait {
  return {
    op: "wait",
    table: "Open_vSwitch",
    where: [["cur_cfg", ">=", nextCfg]],
    columns: [],
    until: "!=",
    rows: [],
    timeout: timeoutMs,
  };
}

/**
 * The share of the time limit after which the database ends its wait, so that its answer still arrives within the
 * limit.
 */
const SHARE = 0.9;

/**
 * Runs work whose transaction waits until ovs-vswitchd has applied everything up to `nextCfg`. Only then are `ofport`
 * and `Interface.error` of a new port valid. Rejects with `vswitchd-not-applying` after `timeoutMs`.
 */
export async function onceApplied<T>(
  client: OvsdbClient,
  nextCfg: number,
  timeoutMs: number,
  work: (until: Wait) => Promise<T>,
): Promise<T> {
  try {
    return await work(untilApplied(nextCfg, Math.ceil(timeoutMs * SHARE)));
  } catch (error) {
    if (!(error instanceof TaasError && error.code === "guard-failed")) throw error;
    const [{ rows }] = await client.transact([
      { op: "select", table: "Open_vSwitch", where: [], columns: ["cur_cfg"] },
    ]);
    const at = { value: rows[0]?.cur_cfg, column: "Open_vSwitch.cur_cfg", host: client.host };
    throw notApplying(client.host, nextCfg, decodeInteger(at), timeoutMs);
  }
}

/** Resolves when ovs-vswitchd has applied everything up to `nextCfg`; see `onceApplied`. */
export function waitApplied(client: OvsdbClient, nextCfg: number, timeoutMs: number): Promise<void> {
  return onceApplied(client, nextCfg, timeoutMs, async (until) => void (await client.transact([until])));
}

/** The error for a host whose ovs-vswitchd does not apply changes. */
export function notApplying(
  host: string | undefined,
  nextCfg: number,
  curCfg: number,
  timeoutMs: number,
): TaasError {
  return new TaasError(
    `ovs-vswitchd has not applied the change within ${timeoutMs} ms (it is at configuration ${curCfg}, not ${nextCfg})`,
    {
      code: "vswitchd-not-applying",
      host,
      hint: "Is ovs-vswitchd running? Look at /var/log/openvswitch/ovs-vswitchd.log",
    },
  );
}
