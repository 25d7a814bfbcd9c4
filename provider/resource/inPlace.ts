import { changedProperties } from "./compare";
import type { Checks } from "./resource";
import { isDrifted } from "./status";

/** A diff by which a change of any of these wishes, and drift, is an update in place. */
export function inPlace(wishes: readonly string[]): Checks["diff"] {
  return (olds, news) => ({
    changes: isDrifted(olds.status) || changedProperties(olds, news, wishes).length > 0,
    replaces: [],
    deleteBeforeReplace: false,
  });
}
