import type { Rule } from "./desired";
import { matchText } from "./matchText";

/**
 * The identity of a rule as a text: what it matches. A bridge can have only one rule with the same match in a table and
 * priority.
 */
export function placeOf<Port>({ table, priority, inPort, holds, match }: Rule<Port>): string {
  return [table, priority, inPort ?? "", holds?.register ?? "", holds?.port ?? "", ...matchText(match)].join(
    " ",
  );
}
