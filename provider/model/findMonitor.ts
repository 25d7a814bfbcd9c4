import type { Facts } from "../ovs/facts";
import type { ServiceClaim } from "../schema/claim";
import { type PortInput, portKey } from "../schema/port";
import { findPort, type PortSearch } from "./findPort";

/**
 * Finds a monitor of a service. What the program says of it is looked up once: the port that was moved for it stays the
 * monitor while it is on the tap bridge and still is one that is meant, whatever else comes to match, such as a vNIC that
 * was plugged later.
 */
export function findMonitor(
  claim: Pick<ServiceClaim, "homes" | "integrationBridge">,
  wanted: PortInput,
  facts: Facts,
  tapBridge: string,
): PortSearch {
  const moved = claim.homes?.[portKey(wanted)]?.port;
  return findPort(facts, [claim.integrationBridge, tapBridge], wanted, { port: moved, bridge: tapBridge });
}
