import type { Desired } from "../model/desired";
import {
  CLAIM_PREFIX,
  type ClaimSet,
  FOREIGN_BRIDGES_KEY,
  GENERATION_KEY,
  KEEPER_KEY,
  METERS_KEY,
  RENDERER,
  RENDERER_KEY,
  WRITES_KEY,
} from "../model/readClaims";
import type { BridgeFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { guardAbsent, guardMap } from "../ovs/operations";
import { map, namedUuid, set, uuid } from "../ovs/values";
import type { Claim } from "../schema/claim";

/** A claim as it is stored: fields in a fixed order, absent ones left out. */
export function writeClaim(claim: Claim): string {
  return JSON.stringify(sorted(claim));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** Whether two claims have the same content. */
export function haveSameContent(a: Claim | undefined, b: Claim): boolean {
  return a === b || (a !== undefined && writeClaim(a) === writeClaim(b));
}

/**
 * The claims part of the tap bridge's row. A claim whose content is unchanged keeps its text, whoever wrote it and how.
 */
function externalIds(claims: ReadonlyMap<string, Claim>, read: ClaimSet): Record<string, string> {
  const entries = [...claims].map(([owner, claim]) => {
    const key = CLAIM_PREFIX + owner;
    const kept = haveSameContent(read.claims.get(owner), claim) ? read.bridge?.externalIds[key] : undefined;
    return [key, kept ?? writeClaim(claim)] as const;
  });
  return { [RENDERER_KEY]: String(RENDERER), ...Object.fromEntries(entries) };
}

/** The counts in the tap bridge's row: generations of its rules, and all writes. */
export interface Counts {
  generation: number;
  writes: number;
}

/** How often a tap bridge has been written. */
export function writesOf(bridge: BridgeFacts | undefined): number {
  return Number(bridge?.otherConfig[WRITES_KEY]) || 0;
}

/**
 * What the tap bridge's row records about its rules: their generation, the count of writes, and what of ours has been
 * outside OVSDB. `others`: other bridges with rules of ours that the row does not record yet.
 */
export function otherConfig(
  desired: Desired,
  bridge: BridgeFacts | undefined,
  generation: number,
  others: readonly string[] = [],
): Record<string, string> {
  const before = bridge?.otherConfig ?? {};
  const metered = desired.meters.length > 0 || before[METERS_KEY] !== undefined;
  const kept = desired.keeper === "wanted" || before[KEEPER_KEY] !== undefined;
  const foreign = new Set([
    ...notedForeignBridges(bridge),
    ...desired.foreignRules.map((rule) => rule.bridge),
    ...others,
  ]);
  return {
    [GENERATION_KEY]: String(generation),
    [WRITES_KEY]: String(writesOf(bridge) + 1),
    ...(metered ? { [METERS_KEY]: "1" } : {}),
    ...(kept ? { [KEEPER_KEY]: "1" } : {}),
    ...(foreign.size === 0 ? {} : { [FOREIGN_BRIDGES_KEY]: [...foreign].sort().join(" ") }),
  };
}

/** The bridges on which we have had rules, as recorded in the tap bridge's row. */
export function notedForeignBridges(bridge: BridgeFacts | undefined): string[] {
  return (bridge?.otherConfig[FOREIGN_BRIDGES_KEY] ?? "").split(" ").filter((name) => name !== "");
}

/**
 * Makes the transaction fail if another writer has changed the host since it was read. The counts are compared as
 * stored: one that was set by hand may have leading zeros.
 */
export function guard(bridge: BridgeFacts | undefined, tapBridge: string): Operation {
  const row = { table: "Bridge", name: tapBridge };
  if (bridge === undefined) return guardAbsent(row);
  const { [GENERATION_KEY]: generation, [WRITES_KEY]: writes } = bridge.otherConfig;
  if (generation !== undefined && writes !== undefined)
    return guardMap(row, "other_config", { [GENERATION_KEY]: generation, [WRITES_KEY]: writes });
  // A count was deleted by hand: nothing in the column may have changed since, and the count starts again.
  return {
    op: "wait",
    table: "Bridge",
    where: [["name", "==", tapBridge]],
    columns: ["other_config"],
    until: "==",
    rows: [{ other_config: map(bridge.otherConfig) }],
    timeout: 0,
  };
}

/** A host's claims as they are to be, and as they were read. */
export interface ClaimChange {
  claims: ReadonlyMap<string, Claim>;
  read: ClaimSet;
}

/** Creates the tap bridge with its claims, as `ovs-vsctl add-br` would: with an internal port of its own name. */
export function insertTapBridge(
  tapBridge: string,
  datapathType: string,
  { claims, read }: ClaimChange,
  config: Record<string, string>,
): Operation[] {
  return [
    {
      op: "insert",
      table: "Interface",
      "uuid-name": "interface_tap_bridge",
      row: { name: tapBridge, type: "internal" },
    },
    {
      op: "insert",
      table: "Port",
      "uuid-name": "port_tap_bridge",
      row: { name: tapBridge, interfaces: namedUuid("interface_tap_bridge") },
    },
    {
      op: "insert",
      table: "Bridge",
      "uuid-name": "tap_bridge",
      row: {
        name: tapBridge,
        datapath_type: datapathType,
        fail_mode: "secure",
        external_ids: map(externalIds(claims, read)),
        other_config: map(config),
        ports: namedUuid("port_tap_bridge"),
      },
    },
    {
      op: "mutate",
      table: "Open_vSwitch",
      where: [],
      mutations: [["bridges", "insert", set([namedUuid("tap_bridge")])]],
    },
  ];
}

/**
 * Writes the changed claims and the new generation, key by key. What is overwritten must be what was read, because a
 * claim is confirmed without a new generation.
 */
export function updateClaims(
  bridge: BridgeFacts,
  { claims, read }: ClaimChange,
  config: Record<string, string>,
): Operation[] {
  const wanted = externalIds(claims, read);
  const stale = Object.keys(bridge.externalIds).filter(
    (key) =>
      (key.startsWith(CLAIM_PREFIX) || key === RENDERER_KEY) && bridge.externalIds[key] !== wanted[key],
  );
  const fresh = Object.entries(wanted).filter(([key, text]) => bridge.externalIds[key] !== text);
  const mutations: Mutation[] = [
    ["external_ids", "delete", set(stale)],
    ["external_ids", "insert", map(Object.fromEntries(fresh))],
    ["other_config", "delete", set(Object.keys(config))],
    ["other_config", "insert", map(config)],
  ];
  const overwritten = Object.fromEntries(stale.map((key) => [key, bridge.externalIds[key]!]));
  return [
    {
      op: "wait",
      table: "Bridge",
      where: [
        ["_uuid", "==", uuid(bridge.uuid)],
        ["external_ids", "includes", map(overwritten)],
      ],
      columns: ["name"],
      until: "==",
      rows: [{ name: bridge.name }],
      timeout: 0,
    },
    { op: "mutate", table: "Bridge", where: [["_uuid", "==", uuid(bridge.uuid)]], mutations },
  ];
}

/**
 * Makes the transaction fail if a port was added to the tap bridge since it was read: it would be deleted with the
 * bridge.
 */
export function guardPorts(bridge: BridgeFacts): Operation {
  return {
    op: "wait",
    table: "Bridge",
    where: [["_uuid", "==", uuid(bridge.uuid)]],
    columns: ["ports"],
    until: "==",
    rows: [{ ports: set(bridge.ports.map(uuid)) }],
    timeout: 0,
  };
}

/** Deletes the tap bridge and its rows. */
export function deleteTapBridge(bridge: BridgeFacts): Operation {
  return {
    op: "mutate",
    table: "Open_vSwitch",
    where: [],
    mutations: [["bridges", "delete", set([uuid(bridge.uuid)])]],
  };
}
