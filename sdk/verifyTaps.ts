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
 * Says of each tap that has its source or its monitor on one of the hosts whether it delivers, now, also in a preview: stage by stage,
 * by what the hosts count and by a probe frame through each tunnel, which no monitor and no VM gets. Nothing of it is kept in the state.
 * A host that cannot be looked at is an entry of `unseen`, and no error.
 * Rejects with an error that has a `code` (an `ErrorCode`), and mostly `host` and `hint`.
 *
 * @example
 * ```ts
 * export const broken = verifyTaps({ hosts: ["compute1", "compute2"] }).then(({ taps }) =>
 *   taps.filter(({ verdict }) => verdict === "wrong"),
 * );
 * ```
 */
export function verifyTaps(args: {
  /** The hosts whose taps are verified. */
  hosts: Host[];
  /** Seconds for which frames are counted, at most 3600. Default 2; longer for taps with little traffic. */
  window?: number;
}): Promise<TapVerifications> {
  const config = new Config("taas");
  const handlers: typeof import("../provider/handlers") = require("pulumi-taas/handlers");
  return handlers.verifyTaps((key) => config.get(key.replace(/^taas:/, "")), args);
}
