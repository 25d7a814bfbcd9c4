import type { Rule } from "./desired";
import { matchText } from "./matchText";

/** What a rule matches, as a text: of two rules that match the same on one bridge there is room for one. */
export function placeOf<Port>({ table, priority, inPort, holds, match }: Rule<Port>): string {
  return [table, priority, inPort ?? "", holds?.register ?? "", holds?.port ?? "", ...matchText(match)].join(
    " ",
  );
}
