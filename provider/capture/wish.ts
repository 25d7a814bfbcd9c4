import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import type { Draft } from "../converge/edit";
import type { Look } from "../converge/look";
import { writer } from "../converge/run";
import { TaasError } from "../errors";
import { type FoundPort, findPort, listPorts, PORT_STATE, portsOf } from "../model/findPort";
import { isVmPort } from "../model/vmPort";
import { CLAIM_FORMAT } from "../schema/claim";
import type { FilterAction, FlowFilter } from "../schema/filter";
import type { Direction } from "../schema/flow";
import { describePort, type PortInput } from "../schema/port";

/** What is to be captured. */
export interface CaptureWish {
  port: PortInput;
  direction: Direction;
  /** Rules or an expression; absent: every frame. */
  filter: FlowFilter | undefined;
  /** What happens to frames that no rule matches, as for a flow. */
  defaultAction?: FilterAction | undefined;
  /** The most frames per second; absent: no cap. */
  packetsPerSecond: number | undefined;
}

const CODES = { missing: "port-missing", ambiguous: "port-ambiguous", bond: "port-bond" } as const;

/** The host's port for a wish. Rejects a port that is missing, or whose frames are copies already. */
export function capturedPort({ facts, record }: Look, { port }: Pick<CaptureWish, "port">): FoundPort {
  const tapBridge = tapBridgeOf(record);
  const bridges = [integrationBridgeOf(record), tapBridge];
  const search = findPort(facts, bridges, port);
  const host = record.name;
  if (search.found === undefined) {
    const there =
      search.reason === "ambiguous"
        ? search.candidates
        : portsOf(facts, bridges).filter((found) => isVmPort(found.port, facts));
    throw new TaasError(`port ${describePort(port)} is ${PORT_STATE[search.reason]}`, {
      code: CODES[search.reason],
      host,
      hint: there.length === 0 ? "The host has no VM's port" : `There are ${listPorts(there)}`,
    });
  }
  if (search.found.bridge.name !== tapBridge) return search.found;
  throw new TaasError(
    `port ${search.found.port.name} is on ${tapBridge}: the frames it receives are copies`,
    {
      code: "source-is-monitor",
      host,
      hint: "Capture the tapped port instead",
    },
  );
}

/** Encodes a part of an owner key. */
const encode = (part: string) => encodeURIComponent(part);

/** The claim of a capture; `token`: its incarnation. */
export function captureDraft(
  { record }: Look,
  { port, direction, filter, defaultAction, packetsPerSecond }: CaptureWish,
  token: string,
): Extract<Draft, { kind: "capture" }> {
  const { name } = record;
  const label = typeof port === "string" ? port : JSON.stringify(port);
  return {
    format: CLAIM_FORMAT,
    kind: "capture",
    owner: ["capture", encode(writer()), token, "Capture", encode(`${name} ${label}`)].join("/"),
    source: {
      port,
      direction,
      enabled: true,
      counters: "own",
      integrationBridge: integrationBridgeOf(record),
      ...(filter === undefined ? {} : { filter }),
      ...(defaultAction === undefined ? {} : { defaultAction }),
      ...(packetsPerSecond === undefined ? {} : { rateLimit: { packetsPerSecond } }),
    },
  };
}
