import { anyChange } from "../converge/anyChange";
import { converge } from "../converge/converge";
import { deleteResource } from "../converge/deleteResource";
import { unlessEnded } from "../converge/ending";
import { lookAll, placeOf } from "../converge/hosts";
import type { Look } from "../converge/look";
import type { HostRecord } from "../host/host";
import { downText, watchedEnds } from "../model/liveness";
import { type TunnelInputs, tunnelInputs } from "../schema/tunnel";
import { type Context, presentHosts, remainingHosts } from "./context";
import { incarnationOf } from "./incarnation";
import { type End, readEnds } from "./read";
import type { Properties, Resource } from "./resource";
import { driftedStatus } from "./status";
import { tunnelChecks } from "./tunnelChecks";
import { claimsOf, namesOf, preliminary, requireAddresses, rounds } from "./tunnelRounds";

/** Milliseconds that the ends of a new tunnel have to detect each other; BFD needs two or three seconds for it. */
const BFD_PATIENCE = 5_000;
/** Milliseconds after which they are asked again, even if they report no change. */
const PATIENCE = 1_000;

async function put(
  context: Context,
  inputs: TunnelInputs,
  previous?: { inputs: TunnelInputs; token: string },
  replaced?: string,
): Promise<Properties> {
  const hosts = presentHosts(context, inputs.hosts);
  const incarnation = incarnationOf(context, inputs, previous, replaced);
  const was = { owner: incarnation.previousOwner ?? inputs.owner, token: previous?.token };
  const portNames = await converge({
    ...incarnation,
    hosts,
    oldHosts: previous === undefined ? [] : remainingHosts(context, previous.inputs.hosts),
    attachTimeout: 0,
    plan: async (seen) => {
      const looks = [...seen.values()];
      const members = claimsOf(
        inputs,
        hosts.map((host) => seen.get(placeOf(host))!),
      );
      await requireAddresses(context.open, members);
      return {
        rounds: rounds(members, looks, was),
        preliminary: preliminary(looks, was, members),
        result: namesOf(members),
      };
    },
  });
  const down = inputs.bfd ? await awaitPeers(context, hosts, inputs.owner) : [];
  const status = down.length === 0 ? "active" : driftedStatus(down);
  return { ...inputs, portNames, status, incarnation: incarnation.token };
}

/**
 * Waits until the ends of a tunnel detect each other, a few seconds at most; warns of those that do not, and resolves
 * with them. Never rejects: the tunnel exists by then, and has to be recorded even if a host cannot be read any more or
 * the run ends.
 */
async function awaitPeers(context: Context, hosts: readonly HostRecord[], owner: string): Promise<string[]> {
  const deadline = performance.now() + BFD_PATIENCE;
  const { open, ending } = context;
  for (;;) {
    const looks = await unlessEnded(ending, lookAll(open, hosts)).catch((error: Error) => error);
    if (looks instanceof Error) {
      const unknown = `whether the ends detect each other is unknown: ${looks.message}`;
      context.warn(unknown);
      return [unknown];
    }
    const down = [...looks.values()].flatMap(({ record, facts, read }) =>
      watchedEnds(read.claims.values(), facts)
        .filter((end) => end.owner === owner && end.state !== "up")
        .map((end) => `host ${record.name}: ${downText(end)}`),
    );
    if (down.length === 0 || performance.now() >= deadline) {
      for (const what of down) context.warn(`${what} ${BFD_PATIENCE / 1000} s after it was created`);
      return down;
    }
    const patience = Math.max(1, Math.min(PATIENCE, deadline - performance.now()));
    // If the run ends meanwhile, the next look reports it.
    await unlessEnded(ending, anyChange(open, looks.values(), patience)).catch(() => {});
  }
}

/** MirrorTunnel: the tunnel that carries copies between hosts. */
export const mirrorTunnel: Resource = {
  ...tunnelChecks,
  async create(context, properties, replaced) {
    const inputs = tunnelInputs.parse(properties);
    return { id: inputs.owner, outs: await put(context, inputs, undefined, replaced) };
  },
  async update(context, olds, news) {
    const inputs = tunnelInputs.parse(news);
    const previous = { inputs: tunnelInputs.parse(olds), token: String(olds.incarnation) };
    return { outs: await put(context, inputs, previous) };
  },
  async read(context, id, state) {
    const inputs = tunnelInputs.parse(state);
    const ends = inputs.hosts.map((host) => ({ candidates: [host] }));
    const expected = async (held: ReadonlyMap<End, Look>) =>
      held.size < inputs.hosts.length ? [] : claimsOf(inputs, [...held.values()]);
    return readEnds({ context, id, state, inputs, ends, needed: 2, active: () => "active", expected });
  },
  async delete(context, state) {
    const inputs = tunnelInputs.parse(state);
    const token = String(state.incarnation);
    await deleteResource({
      reach: context,
      owner: inputs.owner,
      token,
      hosts: remainingHosts(context, inputs.hosts),
      first: (looks) => ({ preliminary: preliminary([...looks.values()], { owner: inputs.owner, token }) }),
    });
  },
};
