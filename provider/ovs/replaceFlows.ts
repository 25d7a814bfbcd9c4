import { is } from "../model/match";
import { type WireFlow, wirePlace } from "./encodeRule";
import { COMMAND, flowMod } from "./flowMod";
import { EXACT } from "./multipart";
import { encodeMatch } from "./oxm";
import type { PresentFlow } from "./presentFlow";

/** A flow-mod with this flag fails where another rule of its priority may match the same (enum ofp_flow_mod_flags). */
const CHECK_OVERLAP = 2;
/** The switch's own port, which nothing ever comes in by (enum ofp_port_no). */
const LOCAL_PORT = 0xffff_fffe;

/** Whether a rule is the one that carries the mark of all: the last of table 0, which every frame matches. */
function isMark({ table, priority, match }: Pick<WireFlow, "table" | "priority" | "match">): boolean {
  return table === 0 && priority === 0 && match.length === 0;
}

/** Whether a rule is the one that is wanted in its place. When it ends is told by `settleEnds`. */
function isSame(present: PresentFlow, wanted: WireFlow): boolean {
  const { cookie, hardTimeout, instructions, special } = present;
  const alike = cookie === wanted.cookie && hardTimeout === wanted.hardTimeout && !special;
  return alike && instructions.equals(wanted.instructions);
}

/**
 * The flow-mods that make a bridge's rules the wanted ones, to be done as one bundle. They fail as a whole, with the error
 * that `isOverlap` tells, where the rule that carries the mark is not the one that was seen: a rule put across it, and
 * taken away again, finds it. So nobody takes back what another writer has done meanwhile. What is as it should be stays,
 * with its counters.
 */
export function flowMods(present: readonly PresentFlow[], wanted: ReadonlyMap<string, WireFlow>): Buffer[] {
  const places = new Map(present.map((flow) => [wirePlace(flow), flow]));
  const isWanted = (flow: PresentFlow) => !isMark(flow) && wanted.has(wirePlace(flow));
  const isThere = (flow: WireFlow, place: string) => {
    const now = places.get(place);
    return now !== undefined && isSame(now, flow) && !isMark(flow);
  };
  const gone = present.filter((flow) => !flow.leased && !isWanted(flow));
  const across = { table: 0, priority: 0, cookie: 0n, match: encodeMatch([is("in_port", LOCAL_PORT)]) };
  return [
    ...gone.map((flow) => flowMod(COMMAND.deleteStrict, flow, isMark(flow) ? { cookieMask: EXACT } : {})),
    flowMod(COMMAND.add, across, { flags: CHECK_OVERLAP }),
    flowMod(COMMAND.deleteStrict, across),
    ...[...wanted]
      .filter(([place, flow]) => !isThere(flow, place))
      .map(([, flow]) => flowMod(COMMAND.add, flow)),
  ];
}

/** Whether these are the wanted rules, and no others but leased ones. */
export function hasFlows(present: readonly PresentFlow[], wanted: ReadonlyMap<string, WireFlow>): boolean {
  const lasting = present.filter(({ leased }) => !leased);
  return (
    lasting.length === wanted.size &&
    lasting.every((flow) => {
      const other = wanted.get(wirePlace(flow));
      return other !== undefined && isSame(flow, other);
    })
  );
}
