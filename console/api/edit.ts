import type { PortRef, PortSelector } from "./ports";

/** Where the copies of a new service are delivered. */
export interface Monitor {
  host?: string;
  port?: PortRef;
  collector?: { address: string; type: "gre" | "erspan" | "vxlan" | "geneve" };
}

/** What new taps are called, where their copies go, and what is copied for how long. */
interface Tapping {
  name: string;
  service: { id: string } | { create: { name: string } & Monitor };
  direction: "ingress" | "egress" | "both";
  /** An expression such as `tcp port 443`; absent or empty: everything. */
  filter?: string;
  /** One conversation in so many. */
  sampling?: { oneIn: number };
  /** ISO 8601 with zone. */
  until?: string;
  description?: string;
}

/** One change of the program. */
export type Edit =
  | ({ kind: "createTap"; host: string; port: PortRef } & Tapping)
  /** One tap a host. On several hosts each is called by the name and its host: `web-host1`. */
  | ({ kind: "createGroup"; hosts: string[]; ports: PortSelector } & Tapping)
  | ({ kind: "createService"; name: string; description?: string } & Monitor)
  | { kind: "deleteTap"; id: string }
  | { kind: "deleteService"; id: string }
  /** Changes nothing in the program: makes the hosts what it says, for instance after *Save only* or as a repair. */
  | { kind: "apply" };
