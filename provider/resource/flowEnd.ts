import { allOf } from "../allOf";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { hasEnded } from "../model/ended";
import { LONGEST_TIMEOUT } from "../plan/settleEnds";
import type { FlowInputs } from "../schema/flow";
import type { Context } from "./context";
import { candidatesOf } from "./ends";

/** Milliseconds by which a host's clock may differ from this machine's before the operator is told of it. */
const SKEW = 60_000;

/** A host's clock, and by how many milliseconds it is ahead of this machine's. */
interface Clock {
  record: HostRecord;
  now: number;
  ahead: number;
}

/** The clocks of a flow's remaining candidates; none is read if the flow has no end. */
async function clocksOf(context: Context, inputs: FlowInputs): Promise<Clock[]> {
  if (inputs.until === undefined) return [];
  const records = candidatesOf(inputs).map(context.presentHost);
  const there = records.filter(({ gone }) => gone !== true);
  return allOf(
    there.map(async (record) => {
      const now = await context.open(record).now();
      return { record, now, ahead: now - Date.now() };
    }),
  );
}

/** Whether a flow has ended, by the clocks of the hosts that its source may be on. */
export async function isOver(context: Context, inputs: FlowInputs): Promise<boolean> {
  return areOver(await clocksOf(context, inputs), inputs);
}

function areOver(clocks: readonly Clock[], inputs: FlowInputs): boolean {
  return clocks.length > 0 && clocks.every(({ now }) => hasEnded(inputs, now));
}

/** The error of a create whose flow has ended already. */
export function untilPassed(inputs: FlowInputs): TaasError {
  return new TaasError(`the tap should end at ${inputs.until}, which has passed by the clock of its host`, {
    code: "until-passed",
    host: candidatesOf(inputs)[0]!.name,
    hint: "Give a later moment, or set the host's clock",
  });
}

/**
 * Before a create or an update: whether time is left. Warns if copies may continue after the end, because Open vSwitch's
 * timeouts reach 18 hours at most, and then a keeper or another operation is needed.
 */
export async function timeLeft(context: Context, inputs: FlowInputs): Promise<"some" | "none"> {
  const clocks = await clocksOf(context, inputs);
  if (areOver(clocks, inputs)) return "none";
  for (const { record, now, ahead } of clocks) {
    warnOfSkew(context, inputs, record.name, ahead);
    if (record.keeper === true || Date.parse(inputs.until!) - now <= LONGEST_TIMEOUT * 1000) continue;
    context.warn(
      `host ${record.name}: Open vSwitch can end a tap at most 18 hours ahead, and ${inputs.owner} ends at ${inputs.until}. Set keeper: true on the host, or refresh and update in the last 18 hours; otherwise copies continue until the next operation there`,
    );
  }
  return "some";
}

/** Tells that a tap will end at another moment than the operator means, because of its host's clock. */
function warnOfSkew(
  context: Context,
  { owner, until }: FlowInputs,
  host: string,
  milliseconds: number,
): void {
  if (Math.abs(milliseconds) <= SKEW) return;
  const [seconds, way, effect] = [
    Math.round(Math.abs(milliseconds) / 1000),
    milliseconds > 0 ? "ahead of" : "behind",
    milliseconds > 0 ? "earlier" : "later",
  ];
  context.warn(
    `host ${host}: its clock is ${seconds} s ${way} this machine's. ${owner} ends when that clock says ${until}, so ${seconds} s ${effect} than by this one. Set the clock that is wrong`,
  );
}
