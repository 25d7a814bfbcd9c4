import { allOf } from "../allOf";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { hasEnded } from "../model/ended";
import { LONGEST_TIMEOUT } from "../plan/settleEnds";
import type { FlowInputs } from "../schema/flow";
import type { Context } from "./context";
import { candidatesOf } from "./ends";

/** The clocks of a flow's candidates that are still there; none is asked where the flow has no end. */
async function clocksOf(
  context: Context,
  inputs: FlowInputs,
): Promise<{ record: HostRecord; now: number }[]> {
  if (inputs.until === undefined) return [];
  const records = candidatesOf(inputs).map(context.presentHost);
  const there = records.filter(({ gone }) => gone !== true);
  return allOf(there.map(async (record) => ({ record, now: await context.open(record).now() })));
}

/** Whether a flow has come to its end, by the clocks of the hosts that its source may be on. */
export async function isOver(context: Context, inputs: FlowInputs): Promise<boolean> {
  return areOver(await clocksOf(context, inputs), inputs);
}

type Clocks = Awaited<ReturnType<typeof clocksOf>>;

function areOver(clocks: Clocks, inputs: FlowInputs): boolean {
  return clocks.length > 0 && clocks.every(({ now }) => hasEnded(inputs, now));
}

/** Before a flow is made: rejects with `until-passed` where it has ended already, and warns where it may outlast its end. */
export async function requireTime(context: Context, inputs: FlowInputs): Promise<void> {
  if ((await timeLeft(context, inputs)) === "some") return;
  throw new TaasError(`the tap is to end at ${inputs.until}, which has passed by the clock of its host`, {
    code: "until-passed",
    host: candidatesOf(inputs)[0]!.name,
    hint: "Give a later moment, or set the host's clock",
  });
}

/**
 * Before a flow is updated: whether there is time left. Warns where it may outlast its end, because Open vSwitch counts 18 hours ahead
 * and then it takes a keeper or another operation.
 */
export async function timeLeft(context: Context, inputs: FlowInputs): Promise<"some" | "none"> {
  const clocks = await clocksOf(context, inputs);
  if (areOver(clocks, inputs)) return "none";
  for (const { record, now } of clocks) {
    if (record.keeper === true || Date.parse(inputs.until!) - now <= LONGEST_TIMEOUT * 1000) continue;
    context.warn(
      `host ${record.name}: Open vSwitch counts at most 18 hours ahead, and ${inputs.owner} ends at ${inputs.until}. Give the host keeper: true, or refresh and update in the last 18 hours; otherwise copies go on until the next operation there`,
    );
  }
  return "some";
}
