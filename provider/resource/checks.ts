import { printableLine } from "../printable";
import type { Options } from "../schema/options";
import { changedOptions } from "./compare";
import type { Checks } from "./resource";
import { isDrifted } from "./status";

/** What a kind of resource makes of its options: a change of any of them, and drift, is an update in place. */
export function checksOf(options: Options, check: Checks["check"]): Checks {
  return {
    check(names, olds, news) {
      const { inputs, failures } = check(names, olds, news);
      // References come from other stacks, and what reasons show of them does too.
      const shown = failures.map((failure) => ({ ...failure, reason: printableLine(failure.reason) }));
      return { inputs, failures: shown };
    },
    diff(olds, news) {
      const changes = isDrifted(olds.status) || changedOptions(options, olds, news).length > 0;
      return { changes, replaces: [], deleteBeforeReplace: false };
    },
  };
}
