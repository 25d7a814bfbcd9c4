import { isDeepStrictEqual } from "node:util";
import type { Desired } from "../model/desired";
import { devicesOf, isShared, notedLinuxBridges } from "../model/linuxBridge";
import { readClaims } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import { type Counts, writesOf } from "../plan/claims";
import { type Goal, isOver, type Plan, type PlanInput, planHost } from "../plan/host";
import { stepTowards } from "../plan/step";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import { captureCleanUps } from "./captures";
import { outcomeOf } from "./draft";
import type { Edit } from "./edit";
import { timeFor } from "./ends";
import { readLinuxBridges } from "./readLinuxBridges";
import { readRenewals } from "./renewals";

/** What the attempts are for. */
export interface Request {
  edits: readonly Edit[];
  reject(edit: Edit, error: unknown): void;
  /**
   * The host's counts after an attempt took the intermediate step. While they are unchanged, the step need not be taken
   * again.
   */
  stepped: Counts | undefined;
}

/** A planned attempt. `desired` is its result: the end, or the intermediate step. */
export interface Planned extends PlanInput {
  end: Desired;
  goal: Goal;
  /** Whether the tap bridge is to be deleted. */
  over: boolean;
  plan: Plan;
}

/** The result of the edits for the claims, and the part of it that this attempt applies. */
export async function planAttempt(
  access: HostAccess,
  facts: Facts,
  { edits, reject, stepped }: Request,
): Promise<Planned> {
  const { record, ovsdb } = access;
  const tapBridge = tapBridgeOf(record);
  const integrationBridge = integrationBridgeOf(record);
  const read = readClaims(facts, tapBridge, record.name);
  const now = await timeFor(access, read.claims.values());
  const ended = await captureCleanUps(access, read.claims, edits);
  const all = { record, read, facts, edits: [...ended, ...edits], now, reject };
  const { claims, desired: end, before } = outcomeOf(all);
  const isDone = isDeepStrictEqual(stepped, { generation: read.generation, writes: writesOf(read.bridge) });
  const step = stepTowards(end, isDone ? end : before, facts, tapBridge);
  const desired = step ?? end;
  const leaving = desired.placements.map(({ bridge }) => bridge).filter((bridge) => bridge !== tapBridge);
  const over = isOver({ claims, desired, facts, tapBridge });
  const renewals = await readRenewals(ovsdb, facts, tapBridge, leaving);
  const found = await readLinuxBridges(access, devicesOf(desired.monitors, facts));
  const noted = notedLinuxBridges(facts, read.bridge);
  const bridges = new Map([...found].filter(([, bridge]) => !isShared(bridge, noted)));
  const input = { read, claims, desired, before, facts, tapBridge, integrationBridge, renewals, bridges };
  const goal = step === undefined ? "end" : "step";
  return { ...input, end, goal, over, plan: planHost(input, goal) };
}
