import type { Intent } from "../converge/intent";
import { drawToken } from "../converge/run";
import type { Context } from "./context";

/** A resource in the state before an update. */
export interface Before {
  inputs: { owner: string };
  token: string;
}

/**
 * The incarnation that an operation concerns. `before`: the resource as it was, for an update. `replaced`: the
 * incarnation that a create replaces. A create draws a token; an update keeps its own.
 */
export function incarnationOf(
  reach: Context,
  { owner, adopt }: { owner: string; adopt: boolean },
  before: Before | undefined,
  replaced: string | undefined,
): Pick<Intent, "reach" | "owner" | "previousOwner" | "token" | "mode" | "adopt" | "replaced"> {
  const renamed = before !== undefined && before.inputs.owner !== owner;
  return {
    reach,
    owner,
    previousOwner: renamed ? before.inputs.owner : undefined,
    token: before?.token ?? drawToken(),
    mode: before === undefined ? "create" : "update",
    adopt,
    replaced,
  };
}
