import { type LengthLimit, SHORTEST } from "./probe";
import type { Probe, Shot, Shots } from "./shots";

/** Ways whose limits are looked for at once. The other ways on which long frames are lost are only said to lose them. */
const MOST_WAYS = 32;
/** Lengths that are tried at once on a way. */
const STEPS = 8;
/** Milliseconds for what is tried. */
const PAUSE = 400;

/** A way on which frames of one length arrive and those of another do not. */
interface Gap extends Pick<Shot, "probe" | "way"> {
  arrived: number;
  lost: number;
}

/** Finds the length of the longest frames that arrive, for the probes of which only the short ones did. */
export async function findLimits(shots: Shots): Promise<Map<Probe, LengthLimit>> {
  const gaps = gapsOf(shots);
  const [sought, others] = [gaps.slice(0, MOST_WAYS), gaps.slice(MOST_WAYS)];
  // Once more as long as can be: the first ones may have been lost by chance.
  let tried = sought.map((gap) => ({
    gap,
    tries: [...shotOf(shots, gap, gap.lost), ...triesIn(shots, gap)],
  }));
  while (tried.some(({ tries }) => tries.length > 0)) {
    const due = tried.flatMap(({ tries }) => tries);
    await shots.fire(due, PAUSE);
    for (const { gap, tries } of tried) narrow(gap, tries);
    tried = sought.filter(isOpen).map((gap) => ({ gap, tries: triesIn(shots, gap) }));
  }
  const limits = [
    ...sought.map(({ probe, way, arrived }) => ({ probe, longest: way.longest!, arrived })),
    ...others.map(({ probe, way }) => ({ probe, longest: way.longest!, arrived: undefined })),
  ];
  const short = limits.filter(({ arrived, longest }) => arrived !== longest).reverse();
  return new Map(short.map(({ probe, ...limit }) => [probe, limit]));
}

function isOpen({ arrived, lost }: Gap): boolean {
  return lost - arrived > 1;
}

function gapsOf(shots: Shots): Gap[] {
  const short = shots.all.filter(({ bytes, arrived }) => bytes === SHORTEST && arrived !== undefined);
  const lost = shots.sendable(shots.all).filter(({ bytes }) => bytes > SHORTEST);
  return lost.flatMap(({ probe, way, bytes }) => {
    const isUp = short.some((shot) => shot.probe === probe && shot.way === way);
    return isUp ? [{ probe, way, arrived: SHORTEST, lost: bytes }] : [];
  });
}

function shotOf(shots: Shots, { probe, way }: Gap, bytes: number): Shot[] {
  return [shots.add(probe, way, bytes) ?? []].flat();
}

/** Frames of lengths that part a gap evenly. */
function triesIn(shots: Shots, gap: Gap): Shot[] {
  const { arrived, lost } = gap;
  const count = Math.min(STEPS, lost - arrived - 1);
  const step = (lost - arrived) / (count + 1);
  const lengths = Array.from({ length: count }, (_, index) => Math.round(arrived + step * (index + 1)));
  return lengths.flatMap((bytes) => shotOf(shots, gap, bytes));
}

/** What became of frames makes a gap smaller. One that was lost by chance, with a longer one that arrived, says nothing. */
function narrow(gap: Gap, tries: readonly Shot[]): void {
  const there = tries.filter(({ arrived }) => arrived !== undefined).map(({ bytes }) => bytes);
  gap.arrived = Math.max(gap.arrived, ...there);
  const lost = tries.map(({ bytes }) => bytes).filter((bytes) => bytes > gap.arrived);
  gap.lost = Math.min(gap.lost, ...lost);
}
