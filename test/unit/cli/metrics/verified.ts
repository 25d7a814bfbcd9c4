import type { Proof } from "../../../../cli/metrics/proofs";
import type { TapVerification } from "../../../../provider/verify/verification";

/** What a verification has found out about a flow of host h1. */
export function verified(
  owner: string,
  verdict: TapVerification["verdict"],
  stages: Proof["stages"] = [{ stage: "source", verdict: "proved" }],
): TapVerification {
  const rest = { service: "s", tunnelId: 1, sourceHost: "h1", sourcePorts: [], destination: "h2" };
  return { ...rest, owner, verdict, stages: stages.map((stage) => ({ ...stage, host: "h1", detail: "" })) };
}
