/** A stage of the path of a tap's copies, from the tapped port to the monitor. */
export type Stage = StageVerification["stage"];

/** The stages in the order in which copies pass them. */
export const STAGES: readonly Stage[] = ["source", "capture", "filter", "tunnel", "delivery"];

/** The result for one stage of a tap. */
export interface StageVerification {
  /** `source`, `capture`, `filter`, `tunnel` or `delivery`. */
  stage: "source" | "capture" | "filter" | "tunnel" | "delivery";
  /**
   * `proved`: it works. `no-traffic`: no fault was found, but no frame passed that would prove it. `wrong`: `detail`
   * says what is wrong. `outside`: copies leave for a collector, whose side cannot be seen from the hosts. `unknown`:
   * it could not be checked, or a stage before it does not work.
   */
  verdict: "proved" | "no-traffic" | "wrong" | "outside" | "unknown";
  /** The host that the result concerns. */
  host: string;
  /** What was observed, or what is wrong. */
  detail: string;
}

/** The result for one tap. */
export interface TapVerification {
  /** Key of the flow's claim. */
  owner: string;
  /** Key of the service that its copies go to. */
  service: string;
  /** The tunnel id that identifies the copies in tunnels. */
  tunnelId: number;
  /** The host of the tapped ports. */
  sourceHost: string;
  /** OVS names of the tapped ports that are plugged. */
  sourcePorts: string[];
  /** The host of the monitors, or the address of the collector. */
  destination: string;
  /**
   * `proved`: all stages are. `wrong`: at least one stage is. `unknown`: none is wrong, and at least one could not be
   * checked. `no-traffic`: all other stages are proved. `outside`: proved as far as the path to the collector can be
   * observed. `disabled`: it is set to copy nothing, and has no stages. `ended`: its `until` has passed, and it has no
   * stages either.
   */
  verdict: "proved" | "no-traffic" | "wrong" | "outside" | "unknown" | "disabled" | "ended";
  /** The stages, in the order in which copies pass them. */
  stages: StageVerification[];
}

/** A host that could not be read. */
export interface UnseenHost {
  /** The host, as it was named. */
  host: string;
  /** Why it could not be read. */
  reason: string;
  /** The code of that error, if it has one. */
  code?: string;
}

/** The results for the taps of some hosts. */
export interface TapVerifications {
  /** The taps whose source or monitor is on one of the hosts, by owner. */
  taps: TapVerification[];
  /** The hosts that could not be read. */
  unseen: UnseenHost[];
}
