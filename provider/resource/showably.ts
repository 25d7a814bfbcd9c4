import { printableLine } from "../printable";
import type { Resource } from "./resource";

/** A check whose reasons can be shown: references come from other stacks, and what is in them too. */
export function showably(check: Resource["check"]): Resource["check"] {
  return (context, olds, news) => {
    const { inputs, failures } = check(context, olds, news);
    return {
      inputs,
      failures: failures.map(({ property, reason }) => ({ property, reason: printableLine(reason) })),
    };
  };
}
