import type { Desired } from "../model/desired";
import type { LinuxBridges } from "../model/linuxBridge";
import type { ClaimSet } from "../model/readClaims";
import type { BridgeFacts, Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import type { Row } from "../ovs/values";
import type { Claim } from "../schema/claim";
import type { Change } from "./change";
import {
  type ClaimChange,
  deleteTapBridge,
  guard,
  guardPorts,
  haveSameContent,
  insertTapBridge,
  otherConfig,
  updateClaims,
} from "./claims";
import { generationOfClaims } from "./generation";
import { awaitsNumber, noteVnics, settlePortsBack } from "./homes";
import { noteLinuxBridges } from "./linuxBridges";
import { planMirrors } from "./mirrors";
import { bridgesOfOurPorts, namesOf } from "./ours";
import { portNumbers } from "./portNumbers";
import { planPorts } from "./ports";
import { changesFailMode, planTapBridge } from "./tapBridge";

/** The changes to one host. */
export interface Plan {
  /** OVSDB differences; empty if the rows are as they should be. */
  changes: Change[];
  /** One transaction: first the guard, then all changes, then the claims with their counts. Empty: nothing to write. */
  operations: Operation[];
  /**
   * The generation afterwards; it stays that of the claims read if the rules and the objects that copies pass through
   * stay the same.
   */
  generation: number;
  /**
   * How it affects ovs-vswitchd: ports are created or deleted, whose numbers are known only afterwards; Mirrors and
   * settings of existing objects change; or nothing, if only claims are written.
   */
  effect: "ports" | "settings" | "claims";
  /**
   * Whether ovs-vswitchd may delete the tap bridge's rules because of it, as it does after a change of `fail_mode` or
   * controller.
   */
  rules: "kept" | "flushed";
}

/** The input of a plan. */
export interface PlanInput {
  read: ClaimSet;
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
  /**
   * The desired state of the claims as they were read: objects with those names are ours, with or without their mark.
   */
  before: Desired;
  facts: Facts;
  tapBridge: string;
  integrationBridge: string;
  /**
   * Rows of interfaces on the tap bridge, by UUID, that are replaced when they move back; empty if the plan is not
   * applied.
   */
  renewals: ReadonlyMap<string, Row>;
  /** Linux bridges behind monitors, without shared ones; empty if the plan is not applied. */
  bridges: LinuxBridges;
}

/** Open vSwitch deletes a bridge's rules after a commit that removes its controllers or changes its fail mode. */
function rulesAfter({ read }: PlanInput): Plan["rules"] {
  return read.bridge !== undefined && changesFailMode(read.bridge) ? "flushed" : "kept";
}

function claimsDiffer({ read, claims }: PlanInput): boolean {
  if (read.claims.size !== claims.size) return true;
  return [...claims].some(([owner, claim]) => !haveSameContent(read.claims.get(owner), claim));
}

/** The differences between a host's rows and its desired state. */
export function compareRows(input: PlanInput): Change[] {
  return [...portChanges(input), ...settingChanges(input)];
}

function portChanges({ desired, before, facts, tapBridge, renewals }: PlanInput): Change[] {
  return planPorts({ desired, facts, tapBridge, renewals, names: namesOf(desired, before) });
}

function settingChanges({ read, desired, before, facts }: PlanInput): Change[] {
  const { mirrors } = namesOf(desired, before);
  return [...planTapBridge(read, desired), ...planMirrors(desired.mirrors, facts, mirrors)];
}

/** Whether port numbers are unreliable: another writer's change is in progress, or a port of ours has none yet. */
function awaitsNumbers({ desired, facts }: PlanInput): boolean {
  const bridges = new Set(desired.ports.map(({ bridge }) => bridge));
  const numbers = new Map([...bridges].map((bridge) => [bridge, portNumbers(facts, bridge)]));
  return (
    facts.unsettled === true || desired.ports.some(({ bridge, name }) => !numbers.get(bridge)!.has(name))
  );
}

/** Whether the host's tap bridge is to be deleted: no claim is left, and no port is on its way back. */
export function isOver({
  claims,
  desired,
  facts,
  tapBridge,
}: Pick<PlanInput, "claims" | "desired" | "facts" | "tapBridge">): boolean {
  const leaves = desired.placements.some(({ bridge }) => bridge !== tapBridge);
  return claims.size === 0 && !leaves && !awaitsNumber(desired, facts, tapBridge);
}

/** Whether the desired state is the one of the claims, or an intermediate step. */
export type Goal = "end" | "step";

/** What brings a host's rows to the desired state, without the claims. */
interface Steps {
  changes: Change[];
  guarded: Operation;
  others: Operation[];
  /** Whether the rows, and what they record, are as they should be. */
  idle: boolean;
  effect: Plan["effect"];
}

function stepsOf(input: PlanInput): Steps {
  const { read, desired, facts, tapBridge, bridges } = input;
  const ports = portChanges(input);
  const settings = settingChanges(input);
  const changes = [...ports, ...settings];
  const settled = settlePortsBack(desired, facts, tapBridge);
  const linux = noteLinuxBridges(desired, facts, bridges, { name: tapBridge, bridge: read.bridge });
  const renumbers = ports.length > 0 || settled.length > 0 || awaitsNumbers(input);
  return {
    changes,
    guarded: guard(read.bridge, tapBridge),
    // Numbers that are released come first, because later steps may request them.
    others: [...settled, ...changes.flatMap((change) => change.operations), ...linux],
    idle: changes.length === 0 && settled.length === 0 && linux.length === 0,
    effect: renumbers ? "ports" : settings.length > 0 ? "settings" : "claims",
  };
}

/** The part of a plan that is written. */
type Written = Pick<Plan, "operations" | "generation" | "effect">;

/** Deletes the tap bridge, and what is left of ours beside it. */
function withoutTapBridge({ read: { bridge } }: PlanInput, { guarded, others, idle }: Steps): Written {
  if (bridge === undefined && idle) return { operations: [], generation: 0, effect: "claims" };
  const operations =
    bridge === undefined
      ? [guarded, ...others]
      : [guarded, guardPorts(bridge), ...others, deleteTapBridge(bridge)];
  return { operations, generation: 0, effect: "ports" };
}

/** The claims that are written: a step leaves them as they are. */
function claimsAfter({ read, claims }: PlanInput, goal: Goal): ClaimChange {
  return { claims: goal === "step" ? read.claims : claims, read };
}

/** Creates the tap bridge with the first claims. */
function withNewTapBridge(input: PlanInput, { guarded, others }: Steps, goal: Goal): Written {
  const { desired, facts, tapBridge, integrationBridge } = input;
  const generation = 1;
  const config = otherConfig(desired, undefined, generation, bridgesOfOurPorts(facts));
  const type = facts.bridges.find((bridge) => bridge.name === integrationBridge)?.datapathType ?? "";
  const bridge = insertTapBridge(tapBridge, type, claimsAfter(input, goal), config);
  const notes = noteVnics(desired, facts, tapBridge);
  return { operations: [guarded, ...bridge, ...others, ...notes], generation, effect: "ports" };
}

/** Writes claims, rows or both where the tap bridge exists; nothing if neither differs. */
function withTapBridge(input: PlanInput, steps: Steps, goal: Goal, bridge: BridgeFacts): Written {
  const { read, desired, facts, tapBridge } = input;
  const { guarded, others, idle, effect } = steps;
  const isOnlyClaims = idle && effect === "claims" && goal === "end";
  if (isOnlyClaims && !claimsDiffer(input)) return { operations: [], generation: read.generation, effect };
  const generation = isOnlyClaims ? generationOfClaims(input) : read.generation + 1;
  const config = otherConfig(desired, bridge, generation);
  const notes = noteVnics(desired, facts, tapBridge);
  const claims = updateClaims(bridge, claimsAfter(input, goal), config);
  return { operations: [guarded, ...others, ...notes, ...claims], generation, effect };
}

/**
 * Plans one host: rows and claims in one transaction that fails if another writer was faster. A step leaves the claims
 * as they are: if another writer intervenes, or this run is killed, copies stay where they are.
 */
export function planHost(input: PlanInput, goal: Goal = "end"): Plan {
  const { bridge } = input.read;
  const steps = stepsOf(input);
  const written = isOver(input)
    ? withoutTapBridge(input, steps)
    : bridge === undefined
      ? withNewTapBridge(input, steps, goal)
      : withTapBridge(input, steps, goal, bridge);
  return { changes: steps.changes, ...written, rules: rulesAfter(input) };
}
