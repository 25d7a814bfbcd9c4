import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { Operation } from "./operations";
import type { OvsdbClient } from "./ovsdbClient";
import { decodeInteger } from "./values";

/** First and longest pause between two looks at `cur_cfg`, in milliseconds. */
const PAUSES = { stream: { first: 2, longest: 100 }, tool: { first: 100, longest: 1000 } } as const;

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

/**
 * Resolves when ovs-vswitchd has put everything up to `nextCfg` into effect (`cur_cfg` has caught up). Only then do
 * `ofport` and `Interface.error` say something about a new port.
 * Rejects with code `vswitchd-not-applying` after `timeoutMs`.
 */
export async function waitApplied(client: OvsdbClient, nextCfg: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const { first, longest } = PAUSES[client.kind];
  for (let pause: number = first; ; pause = Math.min(pause * 2, longest)) {
    const [{ rows }] = await client.transact([
      { op: "select", table: "Open_vSwitch", where: [], columns: ["cur_cfg"] },
    ]);
    const curCfg = decodeInteger({
      value: rows[0]?.cur_cfg,
      column: "Open_vSwitch.cur_cfg",
      host: client.host,
    });
    if (curCfg >= nextCfg) return;
    const left = deadline - performance.now();
    if (left <= 0) throw notApplying(client.host, nextCfg, curCfg, timeoutMs);
    await sleep(Math.min(pause, left));
  }
}

function notApplying(
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
