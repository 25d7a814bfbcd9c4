import { allOf } from "../allOf";
import { machineOf, placeOf } from "../converge/hosts";
import type { Target } from "../converge/intent";
import type { Inspection } from "../converge/look";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Claim } from "../schema/claim";
import type { PortInput } from "../schema/port";
import { alterations } from "./alterations";
import { type Context, remainingHosts } from "./context";
import { portNameOf } from "./found";
import { having } from "./locate";
import type { Properties, ReadResult } from "./resource";
import { driftedStatus, lostStatus } from "./status";

/** One end of a resource: its host, or the candidates, one of which has its claim. No candidates: a collector. */
export interface End {
  candidates: readonly HostRecord[];
  /** Whether a claim of the resource belongs to this end. Default: any. */
  isOf?(claim: Claim, inspection: Inspection): boolean;
  /** The VM port by which operations choose among the candidates. `holder` has the claim. */
  port?(holder: Inspection | undefined): PortInput | undefined;
  /** The names of the end's VM ports that are plugged on a candidate. */
  portNames?(inspection: Inspection): string;
}

/** The input of a read. */
export interface ReadRequest {
  context: Context;
  id: string;
  state: Properties;
  inputs: Properties & { owner: string };
  /** The first end gives `portName`. */
  ends: readonly End[];
  /** How many ends the resource needs to copy anything. Default: all. */
  needed?: number;
  /** The status if there is no drift, evaluated after the hosts have been read. */
  active(): string;
  /**
   * The claims according to the arguments and the hosts, on the hosts that hold them; none if they cannot be
   * determined. A TaasError says why they are impossible.
   */
  expected(holders: ReadonlyMap<End, Inspection>, inspected: readonly Inspection[]): Promise<Target[]>;
}

/**
 * Reads a resource from its hosts. If none of them has its claim, it is gone. If a claim is missing, a port is on
 * another candidate, or any object is not as it should be, it has drifted. If an end that it needs was on hosts that are
 * all gone, it is lost. A host that cannot be read is an error, never an answer.
 */
export async function readEnds(request: ReadRequest): Promise<ReadResult> {
  const { context, id, state, inputs } = request;
  const remaining = new Map(request.ends.map((end) => [end, remainingHosts(context, end.candidates)]));
  const ends = request.ends.filter((end) => remaining.get(end)!.length > 0);
  const records = ends.flatMap((end) => remaining.get(end)!);
  const inspected = await allOf(
    records.map(async (record) => [placeOf(record), await context.open(record).inspect()] as const),
  );
  const byPlace = new Map<string, Inspection>();
  // As in an operation, the first of several records of a host applies.
  for (const [place, inspection] of inspected) if (!byPlace.has(place)) byPlace.set(place, inspection);
  const claimOn = ({ read }: Inspection) => {
    const claim = read.claims.get(inputs.owner);
    return claim?.token === state.incarnation ? claim : undefined;
  };
  const holders = [...byPlace.values()].filter((inspection) => claimOn(inspection) !== undefined);
  if (ends.length > 0 && holders.length === 0) return {};
  const differences = holders.flatMap(({ record, differences: found }) =>
    found
      .filter(({ owners }) => owners.length === 0 || owners.includes(inputs.owner))
      .map(({ what }) => `host ${record.name}: ${what}`),
  );
  const props: Properties = { ...state };
  const candidatesOf = (end: End) => remaining.get(end)!.map((record) => byPlace.get(placeOf(record))!);
  const found = ends.map((end) => {
    const holder = candidatesOf(end).find((inspection) => {
      const claim = claimOn(inspection);
      return claim !== undefined && (end.isOf?.(claim, inspection) ?? true);
    });
    return [end, holder] as const;
  });
  const faults = found.flatMap(([end, holder]) => faultsOfEnd(end, candidatesOf(end), holder));
  const held = new Map(
    found.flatMap(([end, holder]) => (holder === undefined ? [] : [[end, holder] as const])),
  );
  const altered = await alteredClaims(request, held, [...byPlace.values()], claimOn);
  const [first] = found;
  if (first !== undefined) {
    const [end, holder] = first;
    const name = end.portNames?.(placed(end, candidatesOf(end), holder));
    if (name) props.portName = name;
  }
  props.status = statusOf(request, ends, new Set([...faults, ...altered, ...differences]));
  return { id, props, inputs };
}

/** The status of a resource, of which these ends remain. */
function statusOf(request: ReadRequest, ends: readonly End[], faults: ReadonlySet<string>): string {
  const given = request.ends.filter((end) => end.candidates.length > 0);
  if (ends.length < Math.min(given.length, request.needed ?? given.length))
    return lostStatus(given.filter((end) => !ends.includes(end)).flatMap((end) => end.candidates));
  return faults.size === 0 ? request.active() : driftedStatus([...faults]);
}

/** The fields of the held claims that somebody has altered. */
async function alteredClaims(
  request: ReadRequest,
  held: ReadonlyMap<End, Inspection>,
  inspected: readonly Inspection[],
  claimOn: (inspection: Inspection) => Claim | undefined,
): Promise<string[]> {
  try {
    const expected = await request.expected(held, inspected);
    return expected.flatMap((target) => {
      const holder = [...held.values()].find((look) => machineOf(look) === machineOf(target.seen));
      const claim = holder === undefined ? undefined : claimOn(holder);
      if (claim === undefined) return [];
      const { name } = target.seen.record;
      return alterations(target, claim, expected).map((field) => `host ${name}: altered claim: ${field}`);
    });
  } catch (error) {
    if (error instanceof TaasError) return [error.message];
    throw error;
  }
}

function faultsOfEnd(end: End, candidates: readonly Inspection[], holder: Inspection | undefined): string[] {
  if (holder === undefined) {
    return [`host ${candidates.map(({ record }) => record.name).join(" or ")}: claim missing`];
  }
  const now = placed(end, candidates, holder);
  if (machineOf(now) === machineOf(holder)) return [];
  const name = portNameOf(now, end.port!(holder)!);
  return [`port ${name} is now on host ${now.record.name}, not on ${holder.record.name}`];
}

/** The candidate that has an end's port, chosen as `locate` does; else the one with the claim, or the first. */
function placed(end: End, candidates: readonly Inspection[], holder: Inspection | undefined): Inspection {
  const wanted = end.port?.(holder);
  const there = wanted === undefined ? [] : having(candidates, wanted);
  const here = there.find((look) => holder !== undefined && machineOf(look) === machineOf(holder));
  return here ?? there[0] ?? holder ?? candidates[0]!;
}
