import type { Allowance } from "../allowance";
import { TaasError } from "../errors";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { type Claim, claim } from "../schema/claim";
import { hostAllowance, within } from "../schema/expression/work";
import { show } from "../schema/reasons";
import { newness } from "./newness";

/** The key in a tap bridge's `external_ids` that marks it as ours and says which renderer created its rules. */
export const RENDERER_KEY = "taas-renderer";
/** The prefix of the keys in a tap bridge's `external_ids` that hold claims. */
export const CLAIM_PREFIX = "taas:";
/**
 * The key in a tap bridge's `other_config` that counts the changes of its rules, and of the objects that copies pass
 * through.
 */
export const GENERATION_KEY = "taas-generation";
/** The key in a tap bridge's `other_config` that counts all writes to it. If it is missing, the count is 0. */
export const WRITES_KEY = "taas-writes";
/** The key in a tap bridge's `other_config` that says that it has had meters: a killed run may have left some. */
export const METERS_KEY = "taas-meters";
/**
 * The key in a tap bridge's `other_config` that lists the other bridges on which we have had rules, separated by
 * spaces.
 */
export const FOREIGN_BRIDGES_KEY = "taas-foreign-bridges";
/** The key in a tap bridge's `other_config` that says that its host has had a keeper: a killed run may have left it. */
export const KEEPER_KEY = "taas-keeper";
/** The renderer of this release; raised when the same claims result in other rules. */
export const RENDERER = 1;

/** A host's claims, and the generation they belong to. */
export interface ClaimSet {
  /** By owner. */
  claims: ReadonlyMap<string, Claim>;
  /** 0 if there is no tap bridge. */
  generation: number;
  /** The tap bridge, if it exists. */
  bridge: BridgeFacts | undefined;
}

/**
 * Reads the claims of a host's tap bridge. Throws if the bridge is not ours, newer than this release, unreadable, or
 * not the machine's only one.
 */
export function readClaims(facts: Facts, tapBridge: string, host: string): ClaimSet {
  const bridge = facts.bridges.find((candidate) => candidate.name === tapBridge);
  checkOnlyOne(facts.bridges, tapBridge, host);
  if (bridge === undefined) return NOTHING;
  const known = readSets.get(bridge) ?? within(allowanceOf(host), () => readRow(bridge, host));
  readSets.set(bridge, known);
  return known;
}

const NOTHING: ClaimSet = { claims: new Map(), generation: 0, bridge: undefined };

/** Claims by row: an unchanged row has the same claims, and what was rendered from them is still valid. */
const readSets = new WeakMap<BridgeFacts, ClaimSet>();

/** The work that the expressions in a host's claims may take, by host, because all hosts share one thread. */
const allowances = new Map<string, Allowance>();

function allowanceOf(host: string): Allowance {
  const allowance = allowances.get(host) ?? hostAllowance();
  allowances.set(host, allowance);
  return allowance;
}

function readRow(bridge: BridgeFacts, host: string): ClaimSet {
  const { name: tapBridge } = bridge;
  checkRenderer(bridge, host);
  const claims = new Map<string, Claim>();
  for (const [key, text] of Object.entries(bridge.externalIds)) {
    if (!key.startsWith(CLAIM_PREFIX)) continue;
    const owner = key.slice(CLAIM_PREFIX.length);
    claims.set(owner, parseClaim(owner, text, tapBridge, host));
  }
  const generation = Number(bridge.otherConfig[GENERATION_KEY] ?? "0");
  if (!Number.isSafeInteger(generation) || generation < 0) {
    throw new TaasError(
      `bridge ${tapBridge} has other_config:${GENERATION_KEY}=${show(bridge.otherConfig[GENERATION_KEY])}, which is not a count`,
      {
        code: "claim-unreadable",
        host,
        hint: `Correct it: ovs-vsctl set Bridge ${tapBridge} other_config:${GENERATION_KEY}=1`,
      },
    );
  }
  return { claims, generation, bridge };
}

/**
 * A machine has one tap bridge: judged by the claims of a second one, our objects on the integration bridge would look
 * like leftovers.
 */
function checkOnlyOne(bridges: readonly BridgeFacts[], tapBridge: string, host: string): void {
  const other = bridges.find(
    (candidate) => candidate.name !== tapBridge && rendererOf(candidate) !== undefined,
  );
  if (other === undefined) return;
  throw new TaasError(`the tap bridge of this machine is ${other.name}, not ${tapBridge}`, {
    code: "tap-bridge-differs",
    host,
    hint: `Set tapBridge: "${other.name}" on the host, or destroy first what uses it`,
  });
}

/** The renderer of a tap bridge's rules, 0 if the bridge has lost our mark; undefined if it is no tap bridge of ours. */
function rendererOf(bridge: BridgeFacts): string | undefined {
  return bridge.externalIds[RENDERER_KEY] ?? (isOurBridge(bridge) ? "0" : undefined);
}

/** Whether a bridge without our mark is nevertheless ours: it holds claims and their count. */
function isOurBridge(bridge: BridgeFacts): boolean {
  const claimed = Object.keys(bridge.externalIds).some((key) => key.startsWith(CLAIM_PREFIX));
  return claimed && bridge.otherConfig[GENERATION_KEY] !== undefined;
}

function checkRenderer(bridge: BridgeFacts, host: string): void {
  const renderer = rendererOf(bridge);
  if (renderer === undefined) {
    throw new TaasError(
      `bridge ${bridge.name} exists and was not created by pulumi-taas (no external_ids:${RENDERER_KEY})`,
      {
        code: "tap-bridge-foreign",
        host,
        hint: "Name another bridge with the host's tapBridge, or delete this one if nothing uses it",
      },
    );
  }
  if (!(Number(renderer) <= RENDERER)) {
    throw new TaasError(
      `bridge ${bridge.name} is managed by a newer pulumi-taas (renderer ${show(renderer)}, this release has ${RENDERER})`,
      { code: "renderer-newer", host, hint: "Update pulumi-taas in this program; nothing was written" },
    );
  }
}

/** Claims by their text: a host is read many times in a run, and most of its claims stay the same. */
const parsedClaims = new Map<string, Claim>();
/** The most texts that are kept; the cache is cleared when it is full. */
const MAX_PARSED = 50_000;

function parseClaim(owner: string, text: string, tapBridge: string, host: string): Claim {
  const known = parsedClaims.get(text);
  if (known?.owner === owner) return known;
  const parsed = claim.safeParse(parseJson(text));
  if (parsed.success && parsed.data.owner === owner) {
    if (parsedClaims.size >= MAX_PARSED) parsedClaims.clear();
    parsedClaims.set(text, Object.freeze(parsed.data));
    return parsed.data;
  }
  const newer = newness(parseJson(text));
  if (newer !== undefined) {
    throw new TaasError(`the claim of ${show(owner)} on bridge ${tapBridge} ${newer}`, {
      code: "claim-newer",
      host,
      hint: "Update pulumi-taas in this program; nothing was written",
    });
  }
  const why = parsed.success
    ? "it names another owner"
    : (parsed.error.issues[0]?.message ?? "it is not valid");
  throw new TaasError(`the claim of ${show(owner)} on bridge ${tapBridge} cannot be read: ${why}`, {
    code: "claim-unreadable",
    host,
    hint: `If nobody needs it: ovs-vsctl remove Bridge ${tapBridge} external_ids '"${CLAIM_PREFIX}${owner.replace(/[^\w/$%.-]/g, "?")}"'`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
