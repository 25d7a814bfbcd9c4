import type { Desired } from "../model/desired";
import { devicesOf } from "../model/linuxBridge";
import { readClaims } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import { isOver, type Plan, type PlanInput, planHost } from "../plan/host";
import { stepTowards } from "../plan/step";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import { outcomeOf } from "./draft";
import type { Edit } from "./edit";
import { readLinuxBridges } from "./readLinuxBridges";
import { readRenewals } from "./renewals";

/** What attempts are for. */
export interface Request {
  edits: readonly Edit[];
  reject(edit: Edit, error: unknown): void;
}

/** An attempt as it is planned. `desired` is what it comes to: the end, or a step on the way there. */
export interface Planned extends PlanInput {
  end: Desired;
  /** The step on the way to the end, where there is one. */
  step: Desired | undefined;
  /** Whether the tap bridge is to be deleted. */
  over: boolean;
  plan: Plan;
}

/** What the claims come to after the edits, and what of it this attempt does. */
export async function planAttempt(
  access: HostAccess,
  facts: Facts,
  { edits, reject }: Request,
): Promise<Planned> {
  const { record, ovsdb } = access;
  const tapBridge = tapBridgeOf(record);
  const integrationBridge = integrationBridgeOf(record);
  const read = readClaims(facts, tapBridge, record.name);
  const { claims, desired: end, before } = outcomeOf({ record, read, facts, edits, reject });
  const step = stepTowards(end, before, facts, tapBridge);
  const desired = step ?? end;
  const leaving = desired.placements.map(({ bridge }) => bridge).filter((bridge) => bridge !== tapBridge);
  const over = isOver({ claims, desired, facts, tapBridge });
  const renewals = await readRenewals(ovsdb, facts, tapBridge, over ? [integrationBridge] : leaving);
  const bridges = await readLinuxBridges(access, devicesOf(desired.monitors, facts));
  const input = { read, claims, desired, before, facts, tapBridge, integrationBridge, renewals, bridges };
  return { ...input, end, step, over, plan: planHost(input) };
}
