import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import { homecomers, renumberedPorts } from "../model/home";
import { bumpNextCfg, nextCfgOf } from "../ovs/applied";
import type { Facts } from "../ovs/facts";
import { type HostAccess, tapBridgeOf } from "./access";
import { type AttemptRequest, attempt, type Reconciled } from "./attempt";
import type { Edit } from "./edit";
import { OtherWriter } from "./otherWriter";

/** The most attempts of an operation on a host: other writers may be faster, or keep moving ports. */
const MAX_ATTEMPTS = 40;

/** A warning about a host for the operator. */
export interface Warning {
  text: string;
  /** The owners of the resources that it concerns. */
  owners: readonly string[];
}

/**
 * Makes one host what its claims say after the edits. It takes one transaction and one flow bundle, and another round
 * if copies are redirected or a port waits for another to be deleted. If another writer was faster, everything starts
 * again from a fresh read. Impossible edits are rejected one by one, and the others are applied.
 */
export async function reconcile(
  access: HostAccess,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
): Promise<Reconciled & { warnings: Warning[] }> {
  const { replica } = access;
  const request: AttemptRequest = {
    edits: [...edits],
    reject: drop,
    stepped: undefined,
    touched: new Set(),
    monitors: new Map(),
    refused: undefined,
  };
  function drop(edit: Edit, error: unknown): void {
    request.edits = request.edits.filter((other) => other !== edit);
    reject(edit, error);
  }
  let leaving = "";
  let isSettled = false;
  const renumbered = new Map<string, string>();
  let facts = await replica.latest();
  let lost = 0;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const start = performance.now();
    const done = await attempt(access, facts, request).catch(unlessOvertaken);
    if (done instanceof OtherWriter) {
      lost++;
      request.refused = done.refusal ?? request.refused;
      await sleep(pauseAfter(lost, performance.now() - start));
    } else if (typeof done === "object") {
      const tapBridge = tapBridgeOf(access.record);
      for (const [port, text] of renumberedPorts(done.desired, facts, tapBridge)) renumbered.set(port, text);
      // Once it is back, a monitor that was moved back gets its number request restored.
      const stillLeaving = homecomers(done.desired, done.facts, tapBridge).join(" ");
      const isStuck = stillLeaving === leaving;
      if (stillLeaving === "" || (isStuck && isSettled)) {
        const warnings = [...renumbered].map(([port, text]) => ({
          text,
          owners: request.monitors.get(port) ?? [],
        }));
        return { ...done, warnings };
      }
      await done.inEffect;
      leaving = stillLeaving;
      isSettled = isStuck;
    }
    facts = done === "unsettled" || isSettled ? await settledFacts(access) : await replica.read();
  }
  if (request.refused !== undefined) throw request.refused.error;
  throw new TaasError(`other writers changed the host ${MAX_ATTEMPTS} times during this operation`, {
    code: "too-many-writers",
    host: access.record.name,
    hint: "Run again; nothing is half done",
  });
}

function unlessOvertaken(error: unknown): OtherWriter {
  if (error instanceof OtherWriter) return error;
  throw error;
}

/** The longest pause before another attempt, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * Milliseconds until the next attempt: random, within a span that doubles with each lost race and depends on how long
 * an attempt takes. If many write at once, or a machine is slow, most of them then wait while one succeeds.
 */
function pauseAfter(lost: number, attemptMs: number): number {
  return Math.random() * Math.min(attemptMs * 2 ** lost, LONGEST_PAUSE);
}

/** The facts once ovs-vswitchd has applied them; ports that others change meanwhile count as changed. */
async function settledFacts({ ovsdb, replica, record, timeoutMs }: HostAccess): Promise<Facts> {
  const nextCfg = nextCfgOf(await ovsdb.transact(bumpNextCfg()), record.name);
  const { unsettled, ...facts } = await replica.applied(nextCfg, timeoutMs);
  return facts;
}
