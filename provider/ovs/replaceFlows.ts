import { is } from "../model/match";
import { type WireFlow, wirePlace } from "./encodeRule";
import { COMMAND, flowMod } from "./flowMod";
import { EXACT } from "./multipart";
import { encodeMatch } from "./oxm";
import type { PresentFlow } from "./presentFlow";

/**
 * A flow-mod with this flag fails if another rule of the same priority may match the same packets (enum
 * ofp_flow_mod_flags).
 */
const CHECK_OVERLAP = 2;
/** The switch's local port, on which nothing ever arrives (enum ofp_port_no). */
const LOCAL_PORT = 0xffff_fffe;

/** Whether a rule is the one that carries the mark for all: the last of table 0, which every frame matches. */
function isMark({ table, priority, match }: Pick<WireFlow, "table" | "priority" | "match">): boolean {
  return table === 0 && priority === 0 && match.length === 0;
}

/** Whether a rule equals the one wanted in its place, apart from its hard timeout, which `settleEnds` handles. */
export function isAlike({ cookie, instructions, special }: PresentFlow, wanted: WireFlow): boolean {
  return cookie === wanted.cookie && !special && instructions.equals(wanted.instructions);
}

function isSame(present: PresentFlow, wanted: WireFlow): boolean {
  return present.hardTimeout === wanted.hardTimeout && isAlike(present, wanted);
}

/** Rules by their identity, as `wirePlace` writes it. */
export type Placed<Flow extends WireFlow> = ReadonlyMap<string, Flow>;

/** Rules by their identity; of several with the same, the last. */
export function placed<Flow extends WireFlow>(flows: readonly Flow[]): Placed<Flow> {
  return new Map(flows.map((flow) => [wirePlace(flow), flow]));
}

/**
 * The flow-mods that turn a bridge's rules into the wanted ones, for one bundle. The bundle fails as a whole, with an
 * error that `isOverlap` recognises, if the rule with the mark is not the one that was read: a temporary rule that
 * overlaps it detects that. No writer therefore undoes what another has done in the meantime. Unchanged rules stay,
 * with their counters.
 */
export function flowMods(present: Placed<PresentFlow>, wanted: Placed<WireFlow>): Buffer[] {
  const isThere = (flow: WireFlow, place: string) => {
    const now = present.get(place);
    return now !== undefined && isSame(now, flow) && !isMark(flow);
  };
  const gone = [...present]
    .filter(([place, flow]) => !flow.leased && (isMark(flow) || !wanted.has(place)))
    .map(([, flow]) => flow);
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

/** Whether these are the wanted rules, and no others except leased ones. */
export function hasFlows(present: Placed<PresentFlow>, wanted: Placed<WireFlow>): boolean {
  const lasting = [...present].filter(([, { leased }]) => !leased);
  return (
    lasting.length === wanted.size &&
    lasting.every(([place, flow]) => {
      const other = wanted.get(place);
      return other !== undefined && isSame(flow, other);
    })
  );
}
