import type { Rule } from "../model/desired";
import { diffFlows } from "../ovs/diffFlows";
import { dumpFlows } from "../ovs/dumpFlows";
import { encodeRule, wirePlace } from "../ovs/encodeRule";
import type { OfctlTarget } from "../ovs/ofctl";
import { flowKey, parseFlow } from "../ovs/openflow";
import { isAlike } from "../ovs/replaceFlows";
import type { TapReading } from "../ovs/tapSwitch";
import { flowText, numberedText } from "../plan/flowText";
import { type PresentEnd, settleEnds } from "../plan/settleEnds";
import type { Claim } from "../schema/claim";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "./access";

/** The time by the host's clock, if any of its claims ends; a host without such claims is not asked. */
export async function timeFor(access: HostAccess, claims: Iterable<Claim>): Promise<number> {
  for (const claim of claims) if (claim.kind === "flow" && claim.until !== undefined) return access.now();
  return Number.NEGATIVE_INFINITY;
}

/** The rules that a tap bridge should have now. */
export async function rulesOfNow(
  access: HostAccess,
  rules: readonly Rule<number>[],
): Promise<readonly Rule<number>[]> {
  if (noneEnds(rules)) return rules;
  const reading = await access.tapSwitch.read();
  return reading === undefined ? rulesByCommand(access, rules) : rulesOn(access, rules, reading);
}

/** The same, given what the bridge has. */
export async function rulesOn(
  access: HostAccess,
  rules: readonly Rule<number>[],
  { flows, at }: TapReading,
): Promise<readonly Rule<number>[]> {
  if (noneEnds(rules)) return rules;
  const then = await timeAt(access, at);
  const endOf = (rule: Rule<number>) => {
    const wanted = encodeRule(rule);
    const present = flows.get(wirePlace(wanted));
    return present !== undefined && isAlike(present, wanted) ? endFrom(present, then) : undefined;
  };
  return settleEnds(rules, endOf, await access.now());
}

/** The same, read by commands on the host; only ovs-ofctl knows which texts of a rule mean the same. */
async function rulesByCommand(access: HostAccess, rules: readonly Rule<number>[]): Promise<Rule<number>[]> {
  const target = ofctlTarget(access, tapBridgeOf(access.record));
  const endOf = await dumpedEnds(access, target);
  const ending = rules.filter(({ until }) => until !== undefined);
  const kept = ending.map((rule) => ({ ...rule, hardTimeout: endOf(rule)?.hardTimeout }));
  const { missing } = await diffFlows(target, flowText(kept));
  const others = new Set(missing.map(flowKey));
  const isOther = (rule: Rule<number>) => others.has(placeOf(rule));
  return settleEnds(rules, (rule) => (isOther(rule) ? undefined : endOf(rule)), await access.now());
}

/** When the existing rule ends that has the identity of another. */
async function dumpedEnds(
  access: HostAccess,
  target: OfctlTarget,
): Promise<(rule: Rule<number>) => PresentEnd | undefined> {
  const dumped = await dumpFlows(target, { match: "table=0" });
  const then = await timeAt(access, performance.now());
  const places = new Map(dumped.map((flow) => [flowKey(flow), flow]));
  return (rule) => {
    const { age = 0, options = "" } = places.get(placeOf(rule)) ?? {};
    const seconds = /(?:^|,)hard_timeout=(\d+)/.exec(options)?.[1];
    return seconds === undefined ? undefined : endFrom({ hardTimeout: Number(seconds), age }, then);
  };
}

function placeOf(rule: Rule<number>): string {
  return flowKey(parseFlow(numberedText(rule)));
}

function noneEnds(rules: readonly Rule<number>[]): boolean {
  return rules.every(({ until }) => until === undefined);
}

/** The host's time at a moment of `performance.now()`. */
async function timeAt(access: HostAccess, at: number): Promise<number> {
  const now = await access.now();
  return now - (performance.now() - at);
}

/** When a rule ends whose age was read at some time. */
function endFrom({ hardTimeout, age }: { hardTimeout: number; age: number }, then: number): PresentEnd {
  return { hardTimeout, ends: then - age + hardTimeout * 1000 };
}
