import { TaasError } from "../errors";
import type { Operation, Wait } from "./operations";
import type { OvsdbClient } from "./ovsdbClient";
import { decodeInteger } from "./values";

/**
 * The two operations that end a transaction which ovs-vswitchd is to acknowledge: add one to `next_cfg`, read it.
 * ovs-vsctl does this of itself, raw OVSDB does not.
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

/** Lets a transaction wait until ovs-vswitchd has put everything up to `nextCfg` into effect; it fails with `guard-failed` otherwise. */
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

/** Share of the time limit after which the database ends its wait, so that its answer still comes within it. */
const SHARE = 0.9;

/**
 * Does a piece of work whose transaction waits until ovs-vswitchd has put everything up to `nextCfg` into effect. Only then do
 * `ofport` and `Interface.error` say something about a new port.
 * Rejects with code `vswitchd-not-applying` after `timeoutMs`.
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

/** Resolves when ovs-vswitchd has put everything up to `nextCfg` into effect; see `onceApplied`. */
export function waitApplied(client: OvsdbClient, nextCfg: number, timeoutMs: number): Promise<void> {
  return onceApplied(client, nextCfg, timeoutMs, async (until) => void (await client.transact([until])));
}

/** The error of a host whose ovs-vswitchd does not follow. */
export function notApplying(
  host: string | undefined,
  nextCfg: number,
  curCfg: number,
  timeoutMs: number,
): TaasError {
  return new TaasError(
    `ovs-vswitchd has not put the change into effect within ${timeoutMs} ms (it is at configuration ${curCfg}, not ${nextCfg})`,
    {
      code: "vswitchd-not-applying",
      host,
      hint: "Is ovs-vswitchd running? Look at /var/log/openvswitch/ovs-vswitchd.log",
    },
  );
}
