import { setTimeout as sleep } from "node:timers/promises";
import { integrationBridgeOf } from "../converge/access";
import { tunnelAddress } from "../converge/addresses";
import { converge, type Target } from "../converge/converge";
import { dissolve } from "../converge/dissolve";
import type { Look } from "../converge/hostQueue";
import { lookAll, machineOf, placeOf } from "../converge/hosts";
import { requireAddress, requireOneFamily } from "../converge/network";
import { drawToken } from "../converge/run";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { endpointPort, explicitEndpoint } from "../model/endpoint";
import { downText, watchedEnds } from "../model/liveness";
import type { TunnelClaim } from "../schema/claim";
import { type TunnelInputs, tunnelInputs } from "../schema/tunnel";
import { canonical, changedProperties } from "./compare";
import { type Context, presentHosts, remainingHosts } from "./context";
import { readEnds } from "./read";
import type { DiffResult, Properties, Resource } from "./resource";
import { driftedStatus, isDrifted } from "./status";
import { checkTunnel } from "./tunnelCheck";

const WISHES = [
  "hosts",
  "mode",
  "type",
  "udpPort",
  "localIps",
  "dontFragment",
  "tos",
  "bfd",
  "adopt",
  "owner",
];

/** Milliseconds that the ends of a new tunnel have to see each other; BFD needs two or three seconds for it. */
const BFD_PATIENCE = 5_000;
const LOOK_INTERVAL = 300;

type TunnelDraft = Omit<TunnelClaim, "token" | "pending" | "writer" | "time">;

function diff(olds: Properties, news: Properties): DiffResult {
  const changes = isDrifted(olds.status) || changedProperties(olds, news, WISHES).length > 0;
  return { changes, replaces: [], deleteBeforeReplace: false };
}

/** Each member's claim, without its stage. */
async function drafts(
  inputs: TunnelInputs,
  looks: readonly Look[],
): Promise<{ seen: Look; draft: TunnelDraft }[]> {
  const members = looks.map((seen, index) => ({
    seen,
    local: inputs.localIps[index] ?? tunnelAddress(seen.record, seen.facts),
  }));
  const machines = new Map<string, Look>();
  for (const { seen } of members) {
    const same = machines.get(machineOf(seen));
    if (same !== undefined) {
      throw new TaasError(`${same.record.name} and ${seen.record.name} are the same machine`, {
        code: "same-machine",
        host: seen.record.name,
        hint: "A tunnel has its ends on different machines; name each once",
      });
    }
    machines.set(machineOf(seen), seen);
  }
  for (const { seen, local } of members.slice(1)) {
    const [first] = members;
    const peer = { address: first!.local, host: first!.seen.record.name };
    requireOneFamily(local, peer, seen.record.name);
  }
  await Promise.all(
    members.map(async ({ seen, local }) =>
      requireAddress(await seen.queue.underlay(""), local, seen.record.name),
    ),
  );
  const { owner, mode, type, udpPort, dontFragment, tos, bfd } = inputs;
  return members.map(({ seen, local }) => ({
    seen,
    draft: {
      format: 1,
      kind: "tunnel",
      owner,
      mode,
      type,
      udpPort,
      dontFragment,
      tos,
      bfd,
      local,
      integrationBridge: integrationBridgeOf(seen.record),
      peers: members
        .filter((other) => other.seen !== seen)
        .map((other) => ({
          machine: other.seen.facts.machine,
          name: other.seen.record.name,
          remote: other.local,
        })),
    },
  }));
}

function staged(
  members: readonly { seen: Look; draft: TunnelDraft }[],
  stage: TunnelClaim["stage"],
): Target[] {
  return members.map(({ seen, draft }) => ({ seen, draft: { ...draft, stage } }));
}

/** What two claims must share for flows to stay on the tunnel while one becomes the other. */
function wireKey(claim: TunnelDraft): string {
  const { mode, type, udpPort, local, peers } = claim;
  return canonical({ mode, type, udpPort, local, peers });
}

/** The claims as they stand, where they are of this incarnation. */
function standing(
  looks: readonly Look[],
  owner: string,
  token: string,
): { seen: Look; draft: TunnelDraft }[] {
  return looks.flatMap((seen) => {
    const claim = seen.read.claims.get(owner);
    if (claim?.kind !== "tunnel" || claim.token !== token) return [];
    const { token: _token, pending: _pending, writer: _writer, time: _time, ...draft } = claim;
    return [{ seen, draft }];
  });
}

/**
 * A tunnel comes up in steps, each on all hosts before the next: its ports exist; flows send on it while the older ways
 * still listen; the older ways go. It goes down by the same steps backwards, so no copy is lost either way.
 */
async function rounds(
  inputs: TunnelInputs,
  looks: readonly Look[],
  token: string,
  previousOwner: string,
): Promise<Target[][]> {
  const members = await drafts(inputs, looks);
  const old = standing(looks, previousOwner, token);
  const unchanged =
    old.length === members.length &&
    old.every(
      ({ seen, draft }) => wireKey(draft) === wireKey(members.find((member) => member.seen === seen)!.draft),
    );
  if (unchanged) return [staged(members, undefined)];
  const up = [staged(members, "ready"), staged(members, "preferred"), staged(members, undefined)];
  const renamed = old.map(({ seen, draft }) => ({ seen, draft: { ...draft, owner: inputs.owner } }));
  const down = renamed.length === 0 ? [] : [staged(renamed, "preferred"), staged(renamed, "ready")];
  return [...down, ...up];
}

async function put(
  context: Context,
  inputs: TunnelInputs,
  mode: "create" | "update",
  token: string,
  previous?: TunnelInputs,
): Promise<Properties> {
  const hosts = presentHosts(context, inputs.hosts);
  const previousOwner =
    previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner;
  const inOrder = (seen: ReadonlyMap<string, Look>): Look[] => hosts.map((host) => seen.get(placeOf(host))!);
  const seen = await converge({
    open: context.open,
    owner: inputs.owner,
    previousOwner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    hosts,
    oldHosts: previous === undefined ? [] : remainingHosts(context, previous.hosts),
    attachTimeout: 0,
    rounds: (looks) => rounds(inputs, inOrder(looks), token, previousOwner ?? inputs.owner),
    farewell: (looks) => farewell([...looks.values()], previousOwner ?? inputs.owner, token),
  });
  const portNames = Object.fromEntries(
    (await drafts(inputs, inOrder(seen))).map(({ seen: look, draft }) => [
      look.record.address,
      endpointPort(explicitEndpoint(draft, draft.peers[0]!.remote)),
    ]),
  );
  const down = inputs.bfd === true ? await awaitPeers(context, hosts, inputs.owner) : [];
  for (const what of down) context.warn(`${what} ${BFD_PATIENCE / 1000} s after it was made`);
  const status = down.length === 0 ? "active" : driftedStatus(down);
  return { ...inputs, portNames, status, incarnation: token };
}

/** Waits until the ends of a tunnel see each other, a few seconds at most; resolves with those that do not. */
async function awaitPeers(context: Context, hosts: readonly HostRecord[], owner: string): Promise<string[]> {
  const deadline = performance.now() + BFD_PATIENCE;
  for (;;) {
    const looks = await lookAll(context.open, hosts);
    const down = [...looks.values()].flatMap(({ record, facts, read }) =>
      watchedEnds(read.claims.values(), facts)
        .filter((end) => end.owner === owner && end.state !== "up")
        .map((end) => `host ${record.name}: ${downText(end)}`),
    );
    if (down.length === 0 || performance.now() >= deadline) return down;
    await sleep(LOOK_INTERVAL);
  }
}

function farewell(looks: readonly Look[], owner: string, token: string): Target[][] {
  const members = standing(looks, owner, token);
  return members.length === 0 ? [] : [staged(members, "preferred"), staged(members, "ready")];
}

/** MirrorTunnel: the way copies travel between hosts. */
export const mirrorTunnel: Resource = {
  check: checkTunnel,
  diff,
  async create(context, properties) {
    const inputs = tunnelInputs.parse(properties);
    return { id: inputs.owner, outs: await put(context, inputs, "create", drawToken()) };
  },
  async update(context, olds, news) {
    const inputs = tunnelInputs.parse(news);
    return { outs: await put(context, inputs, "update", String(olds.incarnation), tunnelInputs.parse(olds)) };
  },
  async read(context, id, state) {
    const inputs = tunnelInputs.parse(state);
    return readEnds({
      context,
      id,
      state,
      inputs,
      ends: remainingHosts(context, inputs.hosts).map((host) => ({ candidates: [host] })),
      active: "active",
    });
  },
  async delete(context, state) {
    const inputs = tunnelInputs.parse(state);
    const token = String(state.incarnation);
    await dissolve({
      open: context.open,
      owner: inputs.owner,
      token,
      hosts: remainingHosts(context, inputs.hosts),
      farewell: (looks) => farewell([...looks.values()], inputs.owner, token),
    });
  },
};
