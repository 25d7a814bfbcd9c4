import { Config } from "@pulumi/pulumi";
import type { TapVerifications } from "../provider/verify/verification";
import type { Host } from "./host";

export type {
  StageVerification,
  TapVerification,
  TapVerifications,
  UnseenHost,
} from "../provider/verify/verification";

/**
 * Reports for each tap whose source or monitor is on one of the hosts whether it delivers now, also during a preview.
 * Every stage is judged by the hosts' counters, and each tunnel also by a probe frame that no monitor and no VM
 * receives. Nothing of it is kept in the state. A host that cannot be read is an entry of `unseen`, not an error.
 *
 * @example
 * ```ts
 * import { verifyTaps } from "pulumi-taas";
 *
 * export const broken = verifyTaps({ hosts: ["compute1", "compute2"] }).then(({ taps }) =>
 *   taps.filter(({ verdict }) => verdict === "wrong"),
 * );
 * ```
 *
 * @throws `invalid-config`, `invalid-host`: `window` is not above 0 and at most 3600, or a host is none.
 */
export function verifyTaps(args: {
  /** The hosts whose taps are verified. */
  hosts: Host[];
  /** Seconds for which frames are counted, at most 3600. Default 2; use more for taps with little traffic. */
  window?: number;
}): Promise<TapVerifications> {
  const config = new Config("taas");
  const handlers: typeof import("../provider/handlers") = require("pulumi-taas/handlers");
  return handlers.verifyTaps((key) => config.get(key.replace(/^taas:/, "")), args);
}
