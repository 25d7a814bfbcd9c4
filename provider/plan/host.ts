import type { Desired } from "../model/desired";
import type { LinuxBridges } from "../model/linuxBridge";
import type { ClaimSet } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import type { Row } from "../ovs/values";
import type { Claim } from "../schema/claim";
import type { Change } from "./change";
import {
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

/**
 * Plans one host: rows and claims in one transaction that fails if another writer was faster. A step leaves the claims
 * as they are: if another writer intervenes, or this run is killed, copies stay where they are.
 */
export function planHost(input: PlanInput, goal: Goal = "end"): Plan {
  const { read, desired, facts, tapBridge, integrationBridge, bridges } = input;
  const rules = rulesAfter(input);
  const ports = portChanges(input);
  const settings = settingChanges(input);
  const changes = [...ports, ...settings];
  const settled = settlePortsBack(desired, facts, tapBridge);
  const linux = noteLinuxBridges(desired, facts, bridges, { name: tapBridge, bridge: read.bridge });
  // Numbers that are released come first, because later steps may request them.
  const steps = [
    guard(read.bridge, tapBridge),
    ...settled,
    ...changes.flatMap((change) => change.operations),
    ...linux,
  ];
  const idle = changes.length === 0 && settled.length === 0 && linux.length === 0;
  if (isOver(input)) {
    if (read.bridge === undefined && idle)
      return { changes, operations: [], generation: 0, effect: "claims", rules };
    const [guarded, ...others] = steps;
    const operations =
      read.bridge === undefined
        ? steps
        : [guarded!, guardPorts(read.bridge), ...others, deleteTapBridge(read.bridge)];
    return { changes, operations, generation: 0, effect: "ports", rules };
  }
  const notes = noteVnics(desired, facts, tapBridge);
  const isStep = goal === "step";
  const written = isStep ? { claims: read.claims, read } : input;
  if (read.bridge === undefined) {
    const generation = 1;
    const config = otherConfig(desired, undefined, generation, bridgesOfOurPorts(facts));
    const type = facts.bridges.find((bridge) => bridge.name === integrationBridge)?.datapathType ?? "";
    const [guarded, ...others] = steps;
    const bridge = insertTapBridge(tapBridge, type, written, config);
    return {
      changes,
      operations: [guarded!, ...bridge, ...others, ...notes],
      generation,
      effect: "ports",
      rules,
    };
  }
  const renumbers = ports.length > 0 || settled.length > 0 || awaitsNumbers(input);
  if (idle && !renumbers && !isStep && !claimsDiffer(input)) {
    return { changes, operations: [], generation: read.generation, effect: "claims", rules };
  }
  const effect = renumbers ? "ports" : settings.length > 0 ? "settings" : "claims";
  const onlyClaims = effect === "claims" && idle && !isStep;
  const generation = onlyClaims ? generationOfClaims(input) : read.generation + 1;
  const config = otherConfig(desired, read.bridge, generation);
  const operations = [...steps, ...notes, ...updateClaims(read.bridge, written, config)];
  return { changes, operations, generation, effect, rules };
}
