import type { Facts } from "../ovs/facts";
import type { ServiceClaim } from "../schema/claim";
import { portKey } from "../schema/port";
import type { Desired } from "./desired";
import { findMonitor } from "./findMonitor";

/** A claim on its way out: its monitor goes home under its old number, unless another service keeps it. */
export function sendHome(
  claim: ServiceClaim,
  facts: Facts,
  tapBridge: string,
  result: Pick<Desired, "placements" | "problems">,
): void {
  const wanted = claim.ports[0]!;
  const monitor = findMonitor(claim, wanted, facts, tapBridge).found;
  const came = claim.homes?.[portKey(wanted)];
  if (monitor?.bridge.name !== tapBridge || came === undefined) return;
  if (result.placements.some((kept) => kept.port === monitor.port.uuid)) return;
  const { owner } = claim;
  const { name } = monitor.port;
  const home = facts.bridges.find((candidate) => candidate.name === came.bridge);
  if (home === undefined) {
    result.problems.push({
      owner,
      code: "home-bridge-missing",
      message: `monitor port ${name} came from bridge ${came.bridge}, which is not there any more`,
      hint: `Make it again (ovs-vsctl add-br ${came.bridge}), or remove the port (ovs-vsctl del-port ${name})`,
    });
    return;
  }
  const taker = home.ports
    .flatMap((uuid) => facts.ports[uuid]?.interfaces ?? [])
    .map((uuid) => facts.interfaces[uuid])
    .find((nic) => came.ofport > 0 && nic?.ofport === came.ofport);
  if (taker !== undefined) {
    result.problems.push({
      owner,
      code: "ofport-taken",
      message: `monitor port ${name} cannot go back to ${came.bridge}: its OpenFlow port number ${came.ofport} was given to port ${taker.name}`,
      hint: `Free the number, for instance by plugging ${taker.name} again, and run again`,
    });
    return;
  }
  result.placements.push({
    port: monitor.port.uuid,
    interface: monitor.interface.uuid,
    name,
    bridge: came.bridge,
    ...(came.ofport > 0 ? { ofportRequest: came.ofport } : {}),
    owners: [owner],
  });
}
