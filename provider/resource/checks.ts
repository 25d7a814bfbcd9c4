import { printableLine } from "../printable";
import { withoutNulls } from "../schema/nulls";
import type { Options } from "../schema/options";
import { changedOptions } from "./compare";
import type { Checks } from "./resource";
import { isDrifted } from "./status";

/**
 * The checks of a kind of resource with these options: a change of any of them, or drift, is an update in place.
 * `check` gets the arguments without those that are null, which are not given.
 */
export function checksOf(options: Options, check: Checks["check"]): Checks {
  return {
    check(names, olds, news) {
      const { inputs, failures } = check(names, olds, withoutNulls(news));
      // References may come from other stacks, and reasons quote them.
      const shown = failures.map((failure) => ({ ...failure, reason: printableLine(failure.reason) }));
      return { inputs, failures: shown };
    },
    diff(olds, news) {
      const changes = isDrifted(olds.status) || changedOptions(options, olds, news).length > 0;
      return { changes, replaces: [], deleteBeforeReplace: false };
    },
  };
}
