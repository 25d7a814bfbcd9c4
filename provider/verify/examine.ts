import { setTimeout as sleep } from "node:timers/promises";
import { type HostAccess, ofctlTarget } from "../converge/access";
import type { Difference } from "../converge/look";
import type { ErrorCode } from "../errorCodes";
import { TaasError } from "../errors";
import { dumpFlows } from "../ovs/dumpFlows";
import type { PacketChannel } from "../ovs/packetChannel";
import { type Counted, NOTHING } from "./counts";
import type { Evidence } from "./evidence";
import { countedBetween, readPorts, readRules } from "./readings";
import type { SeenHost } from "./see";
import { type HostView, viewOf } from "./view";

/** The evidence from a host. */
export interface Examined {
  /** Access to the host, until it is returned. */
  access: HostAccess;
  view: HostView;
  /** The host, as messages name it. */
  host: string;
  differences: readonly Difference[];
  /** Why ovs-vswitchd does not answer, if so. */
  dead: string | undefined;
  /** A connection to its tap bridge, or why there is none. */
  channel: PacketChannel | { why: string };
  /** What it counted within the time window; rejects if that could not be read. */
  counted: Promise<Counted>;
}

/** Seconds that ovs-vswitchd gets for a first answer. */
const PATIENCE = 3;
/**
 * Milliseconds after the time window until everything in it has been counted: ovs-vswitchd reads the datapath's
 * counters twice a second (ovs-vswitchd.conf.db(5), Open_vSwitch, other_config:max-revalidator).
 */
const COUNTING = 1200;

/** Errors that show that ovs-vswitchd does not answer. All others concern the connection to it. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set(["openflow-error", "openflow-timeout"]);

/**
 * Examines a host. What it counts in the time window is available later. The caller closes the channel. Rejects if the
 * host cannot be read, which says nothing about its ovs-vswitchd.
 */
export async function examine(
  access: HostAccess,
  { host, look }: SeenHost,
  seconds: number,
): Promise<Examined> {
  const first = viewOf(look);
  const base = { access, host: look.record.name, view: first };
  const silent = { ...base, differences: [], counted: Promise.resolve(NOTHING) };
  if (look.read.bridge === undefined)
    return { ...silent, dead: undefined, channel: { why: "the host has no taps" } };
  const channel = await openChannel(access);
  const dead = "why" in channel ? await stoppedBy(access, first) : undefined;
  if (dead !== undefined) return { ...silent, dead, channel };
  const counting = count(access, first, seconds);
  counting.catch(() => {});
  try {
    const { differences, ...again } = await host.inspect();
    const view = again.facts === look.facts ? first : viewOf(again);
    const counted = counting.then((finish) => finish(view));
    counted.catch(() => {});
    return { ...base, view, differences, dead: undefined, channel, counted };
  } catch (error) {
    if (!("why" in channel)) channel.close();
    const why = await noAnswer(access, error);
    return { ...silent, dead: why, channel: { why } };
  }
}

async function openChannel(access: HostAccess): Promise<PacketChannel | { why: string }> {
  const opening = access.openPackets();
  const late = sleep(PATIENCE * 1000, { why: `no answer within ${PATIENCE} s` }, { ref: false });
  try {
    const opened = await Promise.race([opening, late]);
    if ("why" in opened) void opening.then((channel) => channel.close()).catch(() => {});
    return opened;
  } catch (error) {
    return { why: (error as Error).message };
  }
}

/** Why ovs-vswitchd does not answer ovs-ofctl either; undefined if it does. */
async function stoppedBy(access: HostAccess, { tapBridge }: HostView): Promise<string | undefined> {
  try {
    const target = { ...ofctlTarget(access, tapBridge), timeoutSeconds: PATIENCE };
    await dumpFlows(target, { match: "table=254" });
    return undefined;
  } catch (error) {
    return noAnswer(access, error);
  }
}

/** Why ovs-vswitchd does not answer, from the error of a request to it. Rejects if the request did not reach it. */
async function noAnswer(access: HostAccess, error: unknown): Promise<string> {
  if (!(error instanceof TaasError) || !NO_ANSWER.has(error.code)) throw error;
  await access.requireRights();
  return error.message;
}

/** Counts for this many seconds; resolves to a function that returns the counts of a view's groups and ports. */
async function count(
  access: HostAccess,
  view: HostView,
  seconds: number,
): Promise<(view: HostView) => Counted> {
  const [rules, ports] = await Promise.all([readRules(access, view), readPorts(access, view)]);
  await sleep(seconds * 1000);
  const portsAfter = await readPorts(access, view);
  await sleep(COUNTING);
  const rulesAfter = await readRules(access, view);
  return (now) =>
    countedBetween(now, { before: rules, after: rulesAfter }, { before: ports, after: portsAfter });
}

/**
 * What a host counted. If it stops answering, that is reported for its taps, and the taps of other hosts are judged.
 */
export async function countedBy({
  counted,
}: Pick<Examined, "counted">): Promise<Pick<Evidence, "counted" | "uncounted">> {
  try {
    return { counted: await counted };
  } catch (error) {
    return { counted: NOTHING, uncounted: (error as Error).message };
  }
}
