import type { Desired, Rule } from "../model/desired";
import { failedPorts, failedPortText } from "../model/failedPorts";
import { isOurCookie } from "../model/identity";
import { downText, watchedEnds } from "../model/liveness";
import { render } from "../model/render";
import { RESTORE_WAIT, waitsForRestore } from "../model/restoreWait";
import { diffFlows } from "../ovs/diffFlows";
import { FRAGMENTS, readFragments } from "../ovs/fragments";
import { compareMeters, dumpMeters, readMeters } from "../ovs/meters";
import { type Flow, flowKey, formatFlow, parseFlow } from "../ovs/openflow";
import { flowText, ruleText } from "../plan/flowText";
import { compareRows } from "../plan/host";
import { tapRules } from "../plan/numberRules";
import { portNumbers } from "../plan/portNumbers";
import { speaksOpenFlow } from "../plan/tapBridge";
import { type HostAccess, integrationBridgeOf, ofctlTarget, tapBridgeOf } from "./access";
import { rulesOfNow, rulesOn } from "./ends";
import { compareForeignRules, foreignBridges } from "./foreignRules";
import { inspectKeeper, wantsKeeper } from "./keeper";
import { compareLinuxBridges } from "./linuxBridges";
import type { Difference, Look } from "./look";
import { isMetered, meterSpecs } from "./pushRules";
import { includesTunnelId, readTunnelIds, tunnelIdTaken } from "./tunnelIds";

/** Compares a host with its claims: rows, rules and meters of the tap bridge, and our rules on other bridges. */
export async function inspect(access: HostAccess, look: Look): Promise<Difference[]> {
  const { facts, read } = look;
  const tapBridge = tapBridgeOf(access.record);
  const desired = render(read.claims, facts, tapBridge);
  if (read.bridge === undefined) return [];
  const input = {
    read,
    claims: read.claims,
    desired,
    before: desired,
    facts,
    tapBridge,
    integrationBridge: integrationBridgeOf(access.record),
    renewals: new Map(),
    bridges: new Map(),
  };
  const rows = compareRows(input).map(({ operations, ...difference }) => difference);
  const problems = desired.problems.map((problem) => ({
    what: problem.message,
    about: { problem: problem.code },
    owners: problem.owner === undefined ? [] : [problem.owner],
  }));
  const down = watchedEnds(read.claims.values(), facts)
    .filter(({ state }) => state !== undefined && state !== "up")
    .map((end) => ({ what: downText(end), about: { port: end.port }, owners: [end.owner] }));
  const waiting = waitsForRestore(facts)
    ? [{ what: RESTORE_WAIT, about: { bridge: tapBridge }, owners: [...read.claims.keys()] }]
    : [];
  const failed = failedPorts(desired, facts).map((port) => ({
    what: failedPortText(port),
    about: { port: port.name },
    owners: port.owners,
  }));
  const ofTapBridge = [compareSwitch, compareOwnMeters];
  const ofHost = [compareForeignRulesOf, compareTunnelIds, compareKeeper, compareLinuxBridges];
  const others = await Promise.all(
    [...(speaksOpenFlow(read.bridge) ? ofTapBridge : []), ...ofHost].map((compare) =>
      compare(access, look, desired),
    ),
  );
  // An object that belongs to no claim was most likely created for a resource that now lacks something: the flow of a
  // stopped VM, say.
  const troubled = [...problems, ...failed, ...rows].flatMap(({ owners }) => owners);
  return [
    ...problems,
    ...[...rows, ...down, ...waiting, ...failed, ...others.flat()].map((one: Difference) => ({
      ...one,
      owners: one.owners.length === 0 ? troubled : one.owners,
    })),
  ];
}

/**
 * Compares the rules of the tap bridge and how it handles fragments. They are first read without a command; if nothing
 * differs, that is all.
 */
async function compareSwitch(access: HostAccess, look: Look, desired: Desired): Promise<Difference[]> {
  const tapBridge = tapBridgeOf(access.record);
  const wanted = tapRules(desired, look.facts, tapBridge, look.read.generation);
  if ((await access.tapSwitch.has((reading) => rulesOn(access, wanted, reading))) === true) return [];
  const rules = await rulesOfNow(access, wanted);
  const [differences, fragments] = await Promise.all([
    compareRules(access, look, desired, flowText(rules)),
    compareFragments(access, look),
  ]);
  return [...differences, ...fragments];
}

async function compareRules(
  access: HostAccess,
  { facts }: Look,
  desired: Desired,
  text: string,
): Promise<Difference[]> {
  const tapBridge = tapBridgeOf(access.record);
  const difference = await diffFlows(ofctlTarget(access, tapBridge), text);
  const ownersOf = ownership(desired.rules, portNumbers(facts, tapBridge));
  return [
    ...difference.missing.map(describe("missing", tapBridge, ownersOf)),
    ...difference.unexpected.map((flow) => ({
      ...describe("unexpected", tapBridge, ownersOf)(flow),
      ...(carriesGeneration(flow) ? { transient: true as const } : {}),
    })),
  ];
}

/** The last rule of table 0 carries the generation of all others. */
function carriesGeneration({ table, priority, cookie }: Flow): boolean {
  return table === 0 && priority === 0 && isOurCookie(cookie);
}

function describe(
  kind: "missing" | "unexpected",
  bridge: string,
  ownersOf: (flow: Flow) => string[],
): (flow: Flow) => Difference {
  return (flow) => ({
    what: `${kind} rule on ${bridge}: ${formatFlow(flow)}`,
    about: { rule: flow, bridge, is: kind },
    owners: ownersOf(flow),
  });
}

/**
 * Returns the owners that a rule concerns: those of the rule with the same identity, whatever its cookie, else those of
 * the object with its cookie.
 */
function ownership(rules: readonly Rule[], numbers: ReadonlyMap<string, number>): (flow: Flow) => string[] {
  const places = new Map<string, Set<string>>();
  const pieces = new Map<bigint, Set<string>>();
  for (const rule of rules) {
    const text = ruleText(rule, numbers);
    if (text !== undefined) addOwners(places, flowKey(parseFlow(text)), rule);
    addOwners(pieces, rule.cookie, rule);
  }
  return (flow) => [...(places.get(flowKey(flow)) ?? pieces.get(flow.cookie) ?? [])];
}

function addOwners<Key>(known: Map<Key, Set<string>>, key: Key, { owners }: Rule): void {
  const all = known.get(key) ?? new Set();
  known.set(key, all);
  for (const owner of owners) all.add(owner);
}

/** Compares our rules on other bridges; a writer writes them after those of the tap bridge. */
async function compareForeignRulesOf(
  access: HostAccess,
  look: Look,
  desired: Desired,
): Promise<Difference[]> {
  const bridges = foreignBridges(look.read, look.facts);
  if (bridges.size === 0) return [];
  const differences = await compareForeignRules(access, desired, look.facts, bridges);
  return differences.flatMap(({ target, missing, unexpected }) => {
    const foreignRules = desired.foreignRules.filter(({ bridge }) => bridge === target.bridge);
    const ownersOf = ownership(foreignRules, portNumbers(look.facts, target.bridge));
    const found = [
      ...missing.map(describe("missing", target.bridge, ownersOf)),
      ...unexpected.map(describe("unexpected", target.bridge, ownersOf)),
    ];
    return found.map((one) => ({ ...one, transient: true }));
  });
}

/** Rules that tell fragments apart need a setting of the whole bridge. */
async function compareFragments(access: HostAccess, look: Look): Promise<Difference[]> {
  const bridge = tapBridgeOf(access.record);
  const fragments = await readFragments(ofctlTarget(access, bridge));
  if (fragments === FRAGMENTS) return [];
  return [
    {
      what: `bridge ${bridge} handles fragments as ${fragments}`,
      about: { bridge },
      owners: [...look.read.claims.keys()],
    },
  ];
}

/** Compares the meters. */
async function compareOwnMeters(access: HostAccess, look: Look, desired: Desired): Promise<Difference[]> {
  if (!isMetered(look.read)) return [];
  const bridge = tapBridgeOf(access.record);
  const present = await access.tapSwitch.read();
  const { missing, altered, unexpected } = compareMeters(
    present === undefined ? await dumpMeters(ofctlTarget(access, bridge)) : readMeters(present.meters),
    meterSpecs(desired, look.facts, bridge),
  );
  return [
    ...missing.map(({ id, owners }) => ({
      what: `missing meter ${id} on ${bridge}`,
      about: { meter: id },
      owners,
    })),
    ...altered.map(({ id, owners }) => ({
      what: `altered meter ${id} on ${bridge}`,
      about: { meter: id },
      owners,
    })),
    ...unexpected.map((id) => ({ what: `unexpected meter ${id} on ${bridge}`, owners: [] })),
  ];
}

/** Compares the host's keeper; it is installed and removed shortly after the claims change. */
export async function compareKeeper(
  access: HostAccess,
  { read }: Look,
  desired: Desired,
): Promise<Difference[]> {
  const { bridge, generation } = read;
  if (bridge === undefined || !wantsKeeper(desired, bridge)) return [];
  const owners = [...read.claims.values()].filter(({ keeper }) => keeper === true).map(({ owner }) => owner);
  const faults = await inspectKeeper(access, desired, { bridge, generation });
  return faults.map((what) => ({ what, owners, transient: true, keeper: true }));
}

/** Finds tunnel ids of flows over production tunnels that production has started to use itself. */
async function compareTunnelIds(access: HostAccess, { facts, read }: Look): Promise<Difference[]> {
  const flows = [...read.claims.values()].flatMap((claim) =>
    claim.kind === "flow" && claim.shared !== undefined ? [{ ...claim, bridge: claim.shared.bridge }] : [],
  );
  const bridges = facts.bridges.filter(({ name }) => flows.some(({ bridge }) => bridge === name));
  const found = await Promise.all(
    bridges.map(async (bridge) => {
      const ids = await readTunnelIds(access, bridge);
      return flows
        .filter((flow) => flow.bridge === bridge.name && includesTunnelId(ids, flow.tunnelId))
        .map(({ owner, tunnelId }) => ({
          what: tunnelIdTaken(tunnelId, bridge.name),
          about: { problem: "tunnel-id-taken" as const },
          owners: [owner],
        }));
    }),
  );
  return found.flat();
}
