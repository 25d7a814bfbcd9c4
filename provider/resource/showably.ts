import { printableLine } from "../printable";
import type { Checks } from "./resource";

/** A check whose reasons can be shown: references come from other stacks, and what is in them too. */
export function showably(check: Checks["check"]): Checks["check"] {
  return (names, olds, news) => {
    const { inputs, failures } = check(names, olds, news);
    return {
      inputs,
      failures: failures.map(({ property, reason }) => ({ property, reason: printableLine(reason) })),
    };
  };
}
