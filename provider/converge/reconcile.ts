import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Desired, Problem } from "../model/desired";
import { handover } from "../model/handover";
import { type ClaimSet, readClaims } from "../model/readClaims";
import { render } from "../model/render";
import { bumpNextCfg, nextCfgOf, waitApplied } from "../ovs/applied";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { readFacts } from "../ovs/readFacts";
import { planHost } from "../plan/host";
import type { Claim } from "../schema/claim";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import type { Edit } from "./edit";
import { applyHooks, compareHooks, hookBridges } from "./hooks";
import { isCapped, pushRules } from "./pushRules";
import { stackOf } from "./run";
import { finishLeaving, giveBack, recordHomes, removeLeftovers } from "./settle";

/** A host after its reconciliation. */
export interface Reconciled {
  facts: Facts;
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
}

/** How often a race with other writers is run again before giving up. */
const MAX_ATTEMPTS = 40;

interface Draft {
  claims: Map<string, Claim>;
  desired: Desired;
  extra: Operation[];
}

/** A problem as the error its owner's operation ends with. */
function problemError(problem: Problem, host: string): TaasError {
  return new TaasError(problem.message, {
    code: problem.code,
    host,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  });
}

/** What the claims and the host's desired state are after the edits; edits that cannot be are left out and reported. */
export function draftHost(
  record: HostRecord,
  read: ClaimSet,
  facts: Facts,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
): Draft {
  const tapBridge = tapBridgeOf(record);
  let accepted = [...edits];
  for (;;) {
    const claims = new Map(read.claims);
    const given = finishLeaving(claims, facts, tapBridge);
    removeLeftovers(claims, new Set(accepted.map((edit) => stackOf(edit.owner))));
    const refused = new Set<Edit>();
    for (const edit of accepted) {
      const attempt = new Map(claims);
      try {
        edit.apply(attempt, facts);
        claims.clear();
        for (const [owner, claim] of attempt) claims.set(owner, claim);
      } catch (error) {
        refused.add(edit);
        reject(edit, error);
      }
    }
    recordHomes(claims, facts, tapBridge, given);
    const desired = render(claims, facts, tapBridge);
    for (const edit of accepted) {
      const problem = refused.has(edit)
        ? undefined
        : desired.problems.find((one) => concerns(one, edit, claims));
      if (problem === undefined) continue;
      refused.add(edit);
      reject(edit, problemError(problem, record.name));
    }
    if (refused.size === 0) return { claims, desired, extra: giveBack(given) };
    accepted = accepted.filter((edit) => !refused.has(edit));
  }
}

function concerns(problem: Problem, edit: Edit, claims: ReadonlyMap<string, Claim>): boolean {
  const token = claims.get(edit.owner)?.token;
  return (
    problem.owner === edit.owner ||
    (token === undefined && problem.owner.startsWith(`${edit.owner}#leaving-`))
  );
}

/**
 * Brings one host to what its claims, after the edits, say. One transaction, then one flow bundle, and once more where
 * copies change their way; when another writer was faster, all anew from a fresh read.
 * Edits that cannot be are rejected one by one, the others go in.
 */
export async function reconcile(
  access: HostAccess,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
): Promise<Reconciled> {
  let open = [...edits];
  const drop = (edit: Edit, error: unknown): void => {
    open = open.filter((other) => other !== edit);
    reject(edit, error);
  };
  let leaving = "";
  let handing: "over" | "nothing" = "nothing";
  for (let lost = 0; lost < MAX_ATTEMPTS; ) {
    const done = await attemptOnce(access, open, drop, handing);
    if (done === "prepared") {
      handing = "over";
      lost++;
      continue;
    }
    if (done === "lost") {
      lost++;
      await sleep(Math.random() * Math.min(10 * 2 ** lost, 500));
      continue;
    }
    const stillLeaving = leavingOwners(done.claims);
    if (stillLeaving === leaving || stillLeaving === "") return done;
    leaving = stillLeaving;
  }
  throw new TaasError(
    `other writers changed the host ${MAX_ATTEMPTS} times while this operation was under way`,
    {
      code: "too-many-writers",
      host: access.record.name,
      hint: "Run again; nothing is half-done",
    },
  );
}

/** Monitors on their way home need another pass, once they are there. */
function leavingOwners(claims: ReadonlyMap<string, Claim>): string {
  const leaving = [...claims.values()].filter(
    (claim) => claim.kind === "service" && claim.leaving !== undefined,
  );
  return leaving.map((claim) => claim.owner).join(" ");
}

/** `prepared`: the claims are written and what is new is ready for another attempt to hand the copies over to. */
async function attemptOnce(
  access: HostAccess,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
  handing: "over" | "nothing",
): Promise<Reconciled | "lost" | "prepared"> {
  const { record, ovsdb } = access;
  const tapBridge = tapBridgeOf(record);
  const integrationBridge = integrationBridgeOf(record);
  const before = await readFacts(ovsdb);
  const read = readClaims(before, tapBridge, record.name);
  const { claims, desired: end, extra } = draftHost(record, read, before, edits, reject);
  const between = handover(render(read.claims, before, tapBridge), end, tapBridge);
  const desired = between ?? end;
  const plan = planHost({ read, claims, desired, facts: before, tapBridge, integrationBridge, extra });
  let facts = before;
  if (plan.operations.length > 0) {
    if (!(await commit(access, plan.operations))) return "lost";
    facts = await readFacts(ovsdb);
  }
  const last = render(claims, facts, tapBridge);
  const after =
    between === undefined ? last : (handover(render(read.claims, facts, tapBridge), last, tapBridge) ?? last);
  refuseFailedPorts(access, after, facts, edits, reject);
  const hooked = new Set([...read.claims.values(), ...claims.values()].flatMap(hookBridges));
  if (claims.size > 0) {
    const metered = isCapped(read.claims) || isCapped(claims) || handing === "over" ? "yes" : "no";
    const push = { desired: after, facts, generation: plan.generation, metered } as const;
    if (!(await pushRules(access, push))) return "lost";
  }
  if (hooked.size > 0) await applyHooks(await compareHooks(access, after, facts, hooked));
  return between === undefined ? { facts, claims, desired: after } : "prepared";
}

/** One transaction, and vswitchd's word that it took effect. False: another writer was faster. */
async function commit(access: HostAccess, operations: readonly Operation[]): Promise<boolean> {
  try {
    await access.requireRights();
    const results = await access.ovsdb.transact([...operations, ...bumpNextCfg()]);
    await waitApplied(access.ovsdb, nextCfgOf(results, access.record.name), access.timeoutMs);
    return true;
  } catch (error) {
    if (error instanceof TaasError && error.code === "guard-failed") return false;
    throw error;
  }
}

function refuseFailedPorts(
  access: HostAccess,
  desired: Desired,
  facts: Facts,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
): void {
  const made = new Map(Object.values(facts.interfaces).map((nic) => [nic.name, nic]));
  for (const port of desired.ports) {
    const nic = made.get(port.name);
    if (nic !== undefined && nic.error === undefined && (nic.ofport ?? -1) > 0) continue;
    const why = nic?.error ?? "ovs-vswitchd gave it no port number";
    for (const edit of edits.filter((candidate) => port.owners.includes(candidate.owner))) {
      reject(
        edit,
        new TaasError(
          `Open vSwitch could not make port ${port.name} (${port.type}) on ${port.bridge}: ${why}`,
          {
            code: "port-failed",
            host: access.record.name,
          },
        ),
      );
    }
  }
}
