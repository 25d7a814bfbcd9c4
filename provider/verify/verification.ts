/** A stage on the way of a tap's copies, from the tapped port to the monitor. */
export type Stage = StageVerification["stage"];

/** The stages in the order in which copies pass them. */
export const STAGES: readonly Stage[] = ["source", "capture", "filter", "tunnel", "delivery"];

/** What was found out about one stage of a tap. */
export interface StageVerification {
  /** `source`, `capture`, `filter`, `tunnel` or `delivery`. */
  stage: "source" | "capture" | "filter" | "tunnel" | "delivery";
  /**
   * `proved`: it works. `no-traffic`: nothing speaks against it, and no frame came by that would show it. `wrong`: `detail` says
   * what is wrong. `outside`: copies leave for a collector, whose side cannot be seen from the hosts. `unknown`: it could not be
   * looked at, or what comes before it does not work.
   */
  verdict: "proved" | "no-traffic" | "wrong" | "outside" | "unknown";
  /** The host that this is about. */
  host: string;
  /** What was seen, or what is wrong. */
  detail: string;
}

/** What was found out about one tap. */
export interface TapVerification {
  /** Key of the flow's claim. */
  owner: string;
  /** Key of the service that its copies go to. */
  service: string;
  /** What tells the copies apart in tunnels. */
  tunnelId: number;
  /** The host of the tapped ports. */
  sourceHost: string;
  /** OVS names of the tapped ports that are plugged. */
  sourcePorts: string[];
  /** The host of the monitors, or the address of the collector. */
  destination: string;
  /**
   * `proved`: all stages are. `wrong`: at least one is. `unknown`: none is wrong, and at least one could not be looked at.
   * `no-traffic`: all others are proved. `outside`: proved as far as the way to the collector can be seen. `disabled`: it is to
   * copy nothing, and has no stages. `ended`: its `until` is over, and it has none either.
   */
  verdict: "proved" | "no-traffic" | "wrong" | "outside" | "unknown" | "disabled" | "ended";
  /** The stages, in the order in which copies pass them. */
  stages: StageVerification[];
}

/** A host that could not be looked at. */
export interface UnseenHost {
  /** The host, as it was named. */
  host: string;
  /** Why it could not be looked at. */
  reason: string;
}

/** What was found out about the taps of some hosts. */
export interface TapVerifications {
  /** The taps whose source or monitor is on one of the hosts, by their owners. */
  taps: TapVerification[];
  /** The hosts that could not be looked at. */
  unseen: UnseenHost[];
}
