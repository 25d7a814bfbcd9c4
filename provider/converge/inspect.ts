import type { Desired, Rule } from "../model/desired";
import { render } from "../model/render";
import { diffFlows } from "../ovs/diffFlows";
import { type Flow, formatFlow } from "../ovs/openflow";
import type { Change } from "../plan/change";
import { flowText } from "../plan/flowText";
import { compareRows } from "../plan/host";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import { compareHooks } from "./hooks";
import type { Look } from "./hostQueue";

/** How one host differs from what its claims say, in words, and whose claims each difference concerns. */
export type Difference = Pick<Change, "what" | "owners">;

/** Compares a host with its claims: rows, rules of the tap bridge, rules of ours on integration bridges. */
export async function inspect(access: HostAccess, look: Look): Promise<Difference[]> {
  const { facts, read } = look;
  const tapBridge = tapBridgeOf(access.record);
  const desired = render(read.claims, facts, tapBridge);
  if (read.bridge === undefined) return [];
  const input = {
    read,
    claims: read.claims,
    desired,
    facts,
    tapBridge,
    integrationBridge: integrationBridgeOf(access.record),
    extra: [],
  };
  const rows = compareRows(input).map(({ what, owners }) => ({ what, owners }));
  const problems = desired.problems.map((problem) => ({ what: problem.message, owners: [problem.owner] }));
  const [rules, hooks] = await Promise.all([
    compareRules(access, look, desired),
    compareOwnHooks(access, look, desired),
  ]);
  return [...problems, ...rows, ...rules, ...hooks];
}

async function compareRules(access: HostAccess, look: Look, desired: Desired): Promise<Difference[]> {
  const { facts, read } = look;
  const tapBridge = tapBridgeOf(access.record);
  const target = { run: access.run, bridge: tapBridge, host: access.record.name };
  const difference = await diffFlows(target, flowText(desired, facts, read.generation));
  const owned = byCookie(desired.rules);
  const describe =
    (kind: string) =>
    (flow: Flow): Difference => ({
      what: `${kind} rule on ${tapBridge}: ${formatFlow(flow)}`,
      owners: owned.get(flow.cookie) ?? [],
    });
  return [
    ...difference.missing.map(describe("missing")),
    ...difference.unexpected.map(describe("unexpected")),
  ];
}

function byCookie(rules: readonly Rule[]): Map<bigint, string[]> {
  const owned = new Map<bigint, string[]>();
  for (const rule of rules) owned.set(rule.cookie, [...(owned.get(rule.cookie) ?? []), ...rule.owners]);
  return owned;
}

async function compareOwnHooks(access: HostAccess, look: Look, desired: Desired): Promise<Difference[]> {
  const services = [...look.read.claims.values()].filter((claim) => claim.kind === "service");
  const hooked = services.filter((claim) => claim.attachment === "integration-bridge");
  if (hooked.length === 0) return [];
  const bridges = new Set(hooked.map((claim) => claim.integrationBridge));
  const differences = await compareHooks(access, desired, look.facts, bridges);
  const owners = hooked.map((claim) => claim.owner);
  return differences.flatMap(({ target, missing, unexpected }) => [
    ...missing.map((flow) => ({ what: `missing rule on ${target.bridge}: ${formatFlow(flow)}`, owners })),
    ...unexpected.map((flow) => ({
      what: `unexpected rule on ${target.bridge}: ${formatFlow(flow)}`,
      owners,
    })),
  ]);
}
