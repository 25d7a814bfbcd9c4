import type { ServiceClaim } from "../schema/claim";
import type { Action, Choice, Desired, DesiredPort, Rule } from "./desired";
import type { FoundPort } from "./findPort";
import { digest, pieceCookie } from "./identity";
import { is, type Register } from "./match";
import { ARRIVED } from "./tunnels";

/** The register that carries a copy's length limit from the rule that accepted it to the rule that sends it. */
export const LENGTH: Register = "reg1";
/** The register that carries the number of the monitor chosen for a copy that is to be truncated. */
const CHOSEN: Register = "reg2";
/** The table that truncates copies whose monitor has been chosen. */
const CUT_TABLE = 3;

/** The objects of a delivery. */
export type DeliveryPieces = Pick<Desired, "ports" | "rules" | "foreignRules">;

/** A service on this host, and how its copies are delivered. */
export interface Delivery extends DeliveryPieces {
  claim: ServiceClaim;
  /** Monitors that are plugged, in the order of the claim. */
  monitors: readonly FoundPort[];
  /**
   * The actions that deliver a copy, truncated if a length is given. None while no monitor is plugged, or if the copy
   * cannot be truncated.
   */
  deliver(maxLength?: number): Action[];
  /** The additional objects that `deliver` needs for this length, for these flows. */
  cutting(maxLength: number, owners: string[]): DeliveryPieces;
  /** Why copies cannot be truncated here. */
  cannotCut?: string;
}

function deliveryHash(claim: ServiceClaim, ...more: readonly number[]): string {
  return digest(12, "delivery", claim.tunnelId, ...more);
}

/** How one of several monitors is chosen for a copy; undefined: each monitor gets it. */
function choiceOf(claim: ServiceClaim, monitors: readonly FoundPort[]): Choice | undefined {
  return claim.distribution === "copy" || monitors.length < 2 ? undefined : claim.distribution;
}

function namesOf(monitors: readonly FoundPort[]): string[] {
  return monitors.map((monitor) => monitor.interface.name);
}

/** The actions that output to a service's monitors: to each of them, or to one (ovs-actions(7), bundle). */
function distribute(
  claim: ServiceClaim,
  monitors: readonly FoundPort[],
  maxLength: number | undefined,
): Action[] {
  const members = namesOf(monitors);
  const bundle = choiceOf(claim, monitors);
  if (bundle === undefined) {
    return members.map((output) => ({ output, ...(maxLength === undefined ? {} : { maxLength }) }));
  }
  if (maxLength === undefined) return [{ bundle, members }];
  return [{ bundle, members, into: CHOSEN }, { set: LENGTH, value: BigInt(maxLength) }, { goto: CUT_TABLE }];
}

function dropFrom(claim: ServiceClaim, names: readonly string[]): Rule[] {
  const rule = { cookie: pieceCookie(deliveryHash(claim)), priority: 100, owners: [claim.owner] };
  return names.map((inPort) => ({ ...rule, table: 0, inPort, match: [], actions: [] }));
}

function arrivals(claim: ServiceClaim, tunnelIds: readonly number[], actions: Action[]): Rule[] {
  const rule = { cookie: pieceCookie(deliveryHash(claim)), priority: 100, owners: [claim.owner] };
  return tunnelIds.map((id) => ({ ...rule, table: 2, match: [ARRIVED.match, is("tun_id", id)], actions }));
}

/** Delivers copies with these tunnel ids to monitors on the tap bridge. Whatever the monitors send is dropped. */
export function deliverHere(
  claim: ServiceClaim,
  monitors: readonly FoundPort[],
  tunnelIds: readonly number[],
): Delivery {
  const deliver = (maxLength?: number) => distribute(claim, monitors, maxLength);
  const names = namesOf(monitors);
  return {
    claim,
    monitors,
    deliver,
    ports: [],
    foreignRules: [],
    rules: [...dropFrom(claim, names), ...arrivals(claim, tunnelIds, deliver())],
    cutting(maxLength, owners) {
      const chosen = choiceOf(claim, monitors) === undefined ? [] : names;
      const rule = { cookie: pieceCookie(deliveryHash(claim)), priority: 100, table: CUT_TABLE, owners };
      const rules = chosen.map(
        (output): Rule => ({
          ...rule,
          match: [is(LENGTH, maxLength)],
          holds: { register: CHOSEN, port: output },
          actions: [{ output, maxLength }],
        }),
      );
      return { ports: [], foreignRules: [], rules };
    },
  };
}

/**
 * A patch pair back to the integration bridge, and one rule there that outputs to the monitors. Copies of each length
 * have their own.
 */
function wayBack(
  claim: ServiceClaim,
  monitors: readonly FoundPort[],
  tapBridge: string,
  length: { max?: number; owners: string[] },
): DeliveryPieces & { tap: string } {
  const { max, owners } = length;
  const hash = max === undefined ? deliveryHash(claim) : deliveryHash(claim, max);
  const [tap, integration] = [`md-${hash}`, `mo-${hash}`];
  const { integrationBridge: bridge } = claim;
  const patch = { type: "patch" as const, owners };
  const ports: DesiredPort[] = [
    { ...patch, name: tap, bridge: tapBridge, options: { peer: integration }, vlans: "all" },
    { ...patch, name: integration, bridge, options: { peer: tap }, vlans: "none" },
  ];
  const actions = distribute(claim, monitors, max);
  const rule = { cookie: pieceCookie(hash), owners, match: [] };
  const foreignRule = { ...rule, bridge, table: 0, priority: 65535, inPort: integration, actions };
  const drop = { ...rule, table: 0, priority: 100, inPort: tap, actions: [] };
  return { tap, ports, rules: [drop], foreignRules: [foreignRule] };
}

/** Delivers copies with these tunnel ids to monitors that stay on the integration bridge. */
export function deliverBack(
  claim: ServiceClaim,
  monitors: readonly FoundPort[],
  tunnelIds: readonly number[],
  tapBridge: string,
): Delivery {
  const { tap, ports, rules, foreignRules } = wayBack(claim, monitors, tapBridge, { owners: [claim.owner] });
  const cuts = choiceOf(claim, monitors) === undefined;
  const way = (max: number, owners: string[]) => wayBack(claim, monitors, tapBridge, { max, owners });
  return {
    claim,
    monitors,
    deliver(maxLength) {
      if (monitors.length === 0) return [];
      if (maxLength === undefined) return [{ output: tap }];
      return cuts ? [{ output: way(maxLength, []).tap }] : [];
    },
    ports,
    foreignRules,
    rules: [...rules, ...arrivals(claim, tunnelIds, [{ output: tap }])],
    cutting: (maxLength, owners) =>
      cuts ? way(maxLength, owners) : { ports: [], rules: [], foreignRules: [] },
    ...(cuts
      ? {}
      : { cannotCut: `monitors share copies by ${claim.distribution} on the integration bridge` }),
  };
}
