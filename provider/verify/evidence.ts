import type { FoundPort } from "../model/findPort";
import type { Counted } from "./counts";
import type { ProbeResult } from "./probe";
import type { Faults } from "./stageOf";
import type { DestinationEnd, SourceEnd } from "./tap";
import type { StageVerification } from "./verification";

/** One end of a tap, and what its host has shown. */
export interface Shown<End> {
  end: End;
  /** The host, as messages name it. */
  host: string;
  /** Why ovs-vswitchd cannot be asked, where it cannot: its host then copies and delivers nothing. */
  dead: string | undefined;
}

/** An end whose host could not be looked at. */
export interface Unseen {
  host: string;
  unseen: string;
}

/** All that is known of a tap. */
export interface Evidence {
  source: Shown<SourceEnd>;
  /** Absent for a collector. Where source and monitor share a host, it is that host. */
  destination: Shown<DestinationEnd> | Unseen | undefined;
  /** What is wrong on hosts of the tap. */
  faults: readonly { host: string; faults: Faults }[];
  /** What the host of the source counted. */
  counted: Counted;
  /** Why that could not be read, where it could not. */
  uncounted?: string;
  /** Seconds within which it was counted. */
  seconds: number;
  /** What became of the probe; undefined where none was sent. */
  probe: ProbeResult | undefined;
}

/** What is said of a stage; `host`: another one than the stage is usually on. */
export type Verdict = Pick<StageVerification, "verdict" | "detail"> & { host?: string };

/** Faults of a stage that are named. */
export const NAMED = 4;

/** A number of things, in words. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The names of a few ports, or how many there are. */
export function namesOf(ports: readonly FoundPort[]): string {
  const names = ports.map(({ port }) => port.name);
  return names.length > NAMED ? plural(names.length, "port") : names.join(", ");
}

/** Why a port takes and gives nothing; undefined where it does. */
export function silence({ port, interface: nic }: FoundPort): string | undefined {
  if (nic.error !== undefined) return `port ${port.name} could not be made: ${nic.error}`;
  if ((nic.ofport ?? -1) <= 0) return `port ${port.name} has no OpenFlow port number`;
  return nic.linkState === "down" ? `port ${port.name} has no link` : undefined;
}
