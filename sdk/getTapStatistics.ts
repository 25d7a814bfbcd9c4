import { Config } from "@pulumi/pulumi";
import type { TapStatistics } from "../provider/statistics/statistics";
import type { Host } from "./host";

export type {
  CaptureStatistics,
  Count,
  HostStatistics,
  RuleStatistics,
  ServiceStatistics,
  TapStatistics,
  TunnelStatistics,
} from "../provider/statistics/statistics";

/**
 * Reads the current counters of taps on hosts, also during a preview: frames matched, copied, dropped by a cap, and by
 * filter rule; packets through mirror tunnels; copies delivered. Nothing of it is kept in the state.
 *
 * @example
 * ```ts
 * import { getTapStatistics } from "pulumi-taas";
 *
 * export const statistics = getTapStatistics({ hosts: ["compute1", "compute2"] });
 * ```
 *
 * @throws An error with a `code` (an {@link ErrorCode}) and usually `host` and `hint`: a host could not be read.
 */
export function getTapStatistics(args: {
  /** The hosts to read. */
  hosts: Host[];
}): Promise<TapStatistics> {
  const config = new Config("taas");
  const handlers: typeof import("../provider/handlers") = require("pulumi-taas/handlers");
  return handlers.statistics((key) => config.get(key.replace(/^taas:/, "")), args.hosts);
}
