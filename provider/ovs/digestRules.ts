import { createHash } from "node:crypto";
import { FLOW_HEAD, isLeased } from "./presentFlow";

/**
 * The effect of all flows (except leased ones) and meters as one text: table, priority, timeouts, flags, cookie, match
 * and instructions of each, without counters and ages, in no particular order.
 */
export function digestRules(flows: readonly Buffer[], meters: readonly Buffer[]): string {
  const lasting = flows.filter((flow) => !isLeased(flow));
  const words = lasting.map((flow) => {
    const [table, settings] = [flow.subarray(2, 3), flow.subarray(12, 24)];
    return Buffer.concat([table, settings, flow.subarray(24, 32), flow.subarray(FLOW_HEAD)]).toString(
      "latin1",
    );
  });
  const limits = meters.map((meter) => `meter ${meter.toString("latin1")}`);
  return createHash("sha256")
    .update([...words, ...limits].sort().join("\n"), "latin1")
    .digest("hex");
}
