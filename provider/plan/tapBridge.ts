import type { Desired } from "../model/desired";
import { type ClaimSet, GENERATION_KEY, RENDERER_KEY, WRITES_KEY } from "../model/readClaims";
import type { BridgeFacts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { type Row, set } from "../ovs/values";
import type { Change } from "./change";
import { otherConfig } from "./claims";

/** The OpenFlow version in which the rules of a tap bridge are written. */
const OPENFLOW = "OpenFlow14";

/** Settings of a tap bridge that misdirect copies or let somebody else control it. */
function wrongSettings(bridge: BridgeFacts): { what: string; row: Row }[] {
  const { failMode, protocols = [], controllers = [], spanningTree = [] } = bridge;
  return [
    ...(failMode === "secure"
      ? []
      : [{ what: `fail_mode ${failMode ?? "standalone"}`, row: { fail_mode: "secure" } }]),
    ...(protocols.length === 0 || protocols.includes(OPENFLOW)
      ? []
      : [{ what: `protocols ${protocols.join(", ")}`, row: { protocols: set([]) } }]),
    ...(controllers.length === 0 ? [] : [{ what: "a controller", row: { controller: set([]) } }]),
    ...spanningTree.map((column) => ({ what: `${column} true`, row: { [column]: false } })),
  ];
}

/** Whether `planTapBridge` changes a setting that decides who controls the bridge's rules. */
export function changesFailMode({ failMode, protocols = [], controllers = [] }: BridgeFacts): boolean {
  const spoken = protocols.length === 0 || protocols.includes(OPENFLOW);
  return failMode !== "secure" || controllers.length > 0 || !spoken;
}

/** Marks that a tap bridge has lost; they are restored with the next write of its claims. */
function lostMarks(bridge: BridgeFacts, desired: Desired): string[] {
  const has = bridge.otherConfig;
  const due = Object.entries(otherConfig(desired, bridge, 0)).filter(
    ([key]) => key !== GENERATION_KEY && key !== WRITES_KEY,
  );
  return [
    ...(bridge.externalIds[RENDERER_KEY] === undefined ? [`external_ids:${RENDERER_KEY}`] : []),
    ...(has[GENERATION_KEY] === String(Number(has[GENERATION_KEY]))
      ? []
      : [`a count of changes in other_config:${GENERATION_KEY}`]),
    ...due.filter(([key, value]) => has[key] !== value).map(([key]) => `other_config:${key}`),
  ];
}

/** The changes that restore the row of the tap bridge. They concern all claims. */
export function planTapBridge(read: ClaimSet, desired: Desired): Change[] {
  const { bridge } = read;
  if (bridge === undefined) return [];
  const owners = [...read.claims.keys()];
  const update = (row: Row): Operation[] => [
    { op: "update", table: "Bridge", where: [["name", "==", bridge.name]], row },
  ];
  return [
    ...wrongSettings(bridge).map(({ what, row }) => ({
      what: `bridge ${bridge.name} has ${what}`,
      about: { bridge: bridge.name },
      owners,
      operations: update(row),
    })),
    ...lostMarks(bridge, desired).map((key) => ({
      what: `bridge ${bridge.name} lacks ${key}`,
      owners,
      operations: [],
    })),
  ];
}

/** Whether the tap bridge can be asked for its rules. */
export function speaksOpenFlow(bridge: BridgeFacts): boolean {
  const { protocols = [] } = bridge;
  return protocols.length === 0 || protocols.includes(OPENFLOW);
}
