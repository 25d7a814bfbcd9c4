import type { FoundPort } from "../model/findPort";
import type { Counted } from "./counts";
import type { ProbeResult } from "./probe";
import type { Faults } from "./stageOf";
import type { DestinationEnd, SourceEnd } from "./tap";
import type { StageVerification } from "./verification";

/** One end of a tap, with the evidence from its host. */
export interface Shown<End> {
  end: End;
  /** The host, as messages name it. */
  host: string;
  /** Why ovs-vswitchd does not answer, if so: the host then copies and delivers nothing. */
  dead: string | undefined;
}

/** An end whose host could not be read. */
export interface Unseen {
  host: string;
  unseen: string;
}

/** All evidence about a tap. */
export interface Evidence {
  source: Shown<SourceEnd>;
  /** Absent for a collector. If source and monitor share a host, it is that host. */
  destination: Shown<DestinationEnd> | Unseen | undefined;
  /** What is wrong on the tap's hosts. */
  faults: readonly { host: string; faults: Faults }[];
  /** What the source's host counted. */
  counted: Counted;
  /** Why its counters could not be read, if so. */
  uncounted?: string;
  /** The length of the time window, in seconds. */
  seconds: number;
  /** The result of the probe; undefined if none was sent. */
  probe: ProbeResult | undefined;
}

/** The verdict on a stage; `host`: set if it concerns another host than the stage is usually on. */
export type Verdict = Pick<StageVerification, "verdict" | "detail"> & { host?: string };

/** The most faults of a stage that are listed. */
export const NAMED = 4;

/** A number with a noun, in the plural if necessary. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The names of a few ports, or their number. */
export function namesOf(ports: readonly FoundPort[]): string {
  const names = ports.map(({ port }) => port.name);
  return names.length > NAMED ? plural(names.length, "port") : names.join(", ");
}

/** Why a port neither receives nor sends; undefined if it does. */
export function silence({ port, interface: nic }: FoundPort): string | undefined {
  if (nic.error !== undefined) return `port ${port.name} could not be created: ${nic.error}`;
  if ((nic.ofport ?? -1) <= 0) return `port ${port.name} has no OpenFlow port number`;
  return nic.linkState === "down" ? `port ${port.name} has no link` : undefined;
}
