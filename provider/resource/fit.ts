import { tapBridgeOf } from "../converge/access";
import type { FlowDraft } from "../converge/edit";
import type { Reach } from "../converge/hosts";
import type { Look } from "../converge/look";
import { outerBytes } from "../encapsulation/encapsulations";
import { TaasError } from "../errors";
import { isUserspace } from "../model/datapath";
import { type Endpoint, endpointKey, explicitEndpoint } from "../model/endpoint";
import { filterOf } from "../model/filter/filterOf";
import type { FoundPort } from "../model/findPort";
import { findMonitor } from "../model/home";
import { ETHERNET, largestOf } from "../model/largestFrame";
import { serviceFinder } from "../model/serviceNames";
import type { FlowInputs } from "../schema/flow";
import { type Outgoing, wayOf } from "./way";

const IPV6_HEADER = 40;

/** The input of the check whether copies fit. */
interface Fit extends Outgoing {
  inputs: FlowInputs;
  /** The tapped ports that are plugged. */
  ports: readonly FoundPort[];
  /** The monitor's host; absent for a collector. */
  destination: Look | undefined;
  reach: Pick<Reach, "open" | "warn">;
}

interface Limit {
  /** Bytes of the longest copy that arrives whole. */
  bytes: number;
  why: string;
}

/**
 * Whether packets that are too long for the route may be fragmented: a MirrorTunnel with the same endpoints allows it.
 */
function mayFragment({ source }: Fit, end: Endpoint): boolean {
  return [...source.read.claims.values()].some(
    (claim) =>
      claim.kind === "tunnel" &&
      !claim.dontFragment &&
      claim.peers.some(({ remote }) => endpointKey(explicitEndpoint(claim, remote)) === endpointKey(end)),
  );
}

/** Whether the copies' tunnels are Open vSwitch's own rather than the kernel's. */
function isOnUserspace({ draft, source }: Fit): boolean {
  return isUserspace(source.facts, draft.source!.integrationBridge);
}

/** What happens to copies that are too long for a tunnel that may fragment. */
function fragmentsOf(fit: Fit): string {
  return isOnUserspace(fit)
    ? "the userspace datapath does not fragment"
    : "the kernel fragments only packets that may be fragmented themselves";
}

async function wayLimit(fit: Fit): Promise<Limit | undefined> {
  const way = wayOf(fit);
  if (way === undefined) return undefined;
  const { type, local, remote, end, shared } = way;
  const fragments =
    end === undefined ? shared?.interface.options.df_default === "false" : mayFragment(fit, end);
  const mtu = (await fit.reach.open(fit.source.record).underlay(remote, local))?.mtu;
  if (mtu === undefined) return undefined;
  const header = outerBytes(type, remote, end?.erspanVersion);
  return {
    bytes: mtu - header,
    why: `the route to ${remote} has an MTU of ${mtu}, of which ${type} takes ${header} bytes${fragments ? ` (${fragmentsOf(fit)})` : ""}`,
  };
}

function monitorLimit({ draft, destination }: Fit, tag: number): Limit | undefined {
  if (destination === undefined) return undefined;
  const { facts, record, read } = destination;
  const service = serviceFinder(read.claims.values())(draft);
  if (service === undefined) return undefined;
  const limits = service.ports.flatMap((wanted) => {
    const monitor = findMonitor(service, wanted, facts, tapBridgeOf(record)).found;
    const mtu = monitor?.interface.mtu;
    return mtu === undefined
      ? []
      : [{ bytes: mtu + ETHERNET + tag, why: `monitor port ${monitor!.port.name} has an MTU of ${mtu}` }];
  });
  return limits.sort((a, b) => a.bytes - b.bytes)[0];
}

/** The longest copies, in bytes, that the flow's accepting rules ask for, whatever its port can send. */
function slicesOf(inputs: FlowInputs): number[] {
  const { rules, defaultAction } = filterOf(inputs);
  const whole = inputs.snapLength ?? Number.POSITIVE_INFINITY;
  const accepting = rules.filter(({ action }) => action === "accept");
  const lengths = accepting.map((rule) => rule.snapLength ?? whole);
  return defaultAction === "accept" ? [...lengths, whole] : lengths;
}

/**
 * Warns of slices without a whole IP header that are sent through a tunnel of the kernel, which drops them (observed
 * with Linux 7.2).
 */
function warnOfShortSlices(fit: Fit, tag: number): void {
  const { draft, inputs, source, reach } = fit;
  const stays = draft.peer === undefined && draft.collector === undefined;
  if (stays || isOnUserspace(fit)) return;
  const [least, shortest] = [ETHERNET + tag + IPV6_HEADER, Math.min(...slicesOf(inputs))];
  if (shortest >= least) return;
  reach.warn(
    `host ${source.record.name}: copies of IP packets that are truncated to ${shortest} bytes may not arrive: the kernel drops packets from a tunnel that lack a whole IP header. Set snapLength to ${least} or more`,
  );
}

/**
 * The claim with the longest frame that was found when the port was last plugged, because the port may be plugged again
 * before the next operation.
 */
function lastMaxFrame({ draft, inputs, source }: Fit): FlowDraft {
  const claim = source.read.claims.get(draft.owner);
  const maxFrame = claim?.kind === "flow" ? claim.source?.maxFrame : undefined;
  if (inputs.mtuPolicy !== "truncate" || maxFrame === undefined) return draft;
  return { ...draft, source: { ...draft.source!, maxFrame } };
}

/**
 * Compares the source's largest frame with what its copies must fit through, and follows `mtuPolicy`. Nothing can be
 * compared while no port is plugged.
 */
export async function fitCopies(fit: Fit): Promise<FlowDraft> {
  const { draft, inputs, source } = fit;
  const port = largestOf(fit.ports);
  if (port === undefined) return lastMaxFrame(fit);
  warnOfShortSlices(fit, port.tag);
  if (port.bytes === undefined) return draft;
  const largest = Math.min(port.bytes, Math.max(0, ...slicesOf(inputs)));
  const limits = [await wayLimit(fit), monitorLimit(fit, port.tag)].filter((limit) => limit !== undefined);
  const limit = limits.sort((a, b) => a.bytes - b.bytes)[0];
  if (limit === undefined || largest <= limit.bytes) return draft;
  if (inputs.mtuPolicy === "truncate")
    return { ...draft, source: { ...draft.source!, maxFrame: limit.bytes } };
  const message = `frames of port ${port.name} have up to ${largest} bytes, but copies of more than ${limit.bytes} bytes do not arrive (${largest - limit.bytes} too many): ${limit.why}`;
  const hint = `Raise that MTU, set snapLength to ${limit.bytes} or less, or mtuPolicy "truncate"`;
  if (inputs.mtuPolicy === "fail")
    throw new TaasError(message, { code: "copies-too-large", host: source.record.name, hint });
  fit.reach.warn(`host ${source.record.name}: ${message}. ${hint}`);
  return draft;
}
