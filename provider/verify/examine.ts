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

/** What a host has shown. */
export interface Examined {
  /** The way to the host, until it is given back. */
  access: HostAccess;
  view: HostView;
  /** The host, as messages name it. */
  host: string;
  differences: readonly Difference[];
  /** Why ovs-vswitchd cannot be asked, where it cannot. */
  dead: string | undefined;
  /** A connection to its tap bridge; or why there is none. */
  channel: PacketChannel | { why: string };
  /** What it counted within the window; rejects where that could not be read. */
  counted: Promise<Counted>;
}

/** Seconds that ovs-vswitchd gets for a first answer. */
const PATIENCE = 3;
/**
 * Milliseconds after the window until all that came within it is counted: ovs-vswitchd asks the datapath for its counters twice a
 * second (ovs-vswitchd.conf.db(5), Open_vSwitch, other_config:max-revalidator).
 */
const COUNTING = 1200;

/** Errors by which ovs-vswitchd is known not to answer. All others are of the way to it. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set(["openflow-error", "openflow-timeout"]);

/**
 * Looks at a host closely. What it counts within so many seconds is told later. The channel is the caller's to close. Rejects where
 * the host cannot be asked, which says nothing about its ovs-vswitchd.
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

/** Why ovs-vswitchd does not answer ovs-ofctl either; undefined where it does. */
async function stoppedBy(access: HostAccess, { tapBridge }: HostView): Promise<string | undefined> {
  try {
    const target = { ...ofctlTarget(access, tapBridge), timeoutSeconds: PATIENCE };
    await dumpFlows(target, { match: "table=254" });
    return undefined;
  } catch (error) {
    return noAnswer(access, error);
  }
}

/** How ovs-vswitchd does not answer, by the error of a question to it. Rejects where the question did not get as far as that. */
async function noAnswer(access: HostAccess, error: unknown): Promise<string> {
  if (!(error instanceof TaasError) || !NO_ANSWER.has(error.code)) throw error;
  await access.requireRights();
  return error.message;
}

/** Counts for so many seconds; resolves to what tells the count of a view's groups and ports. */
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

/** What a host counted. One that stops answering meanwhile is told of with its taps, and those of other hosts are judged. */
export async function countedBy({
  counted,
}: Pick<Examined, "counted">): Promise<Pick<Evidence, "counted" | "uncounted">> {
  try {
    return { counted: await counted };
  } catch (error) {
    return { counted: NOTHING, uncounted: (error as Error).message };
  }
}
