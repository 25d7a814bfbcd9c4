import type { Desired } from "../model/desired";
import { LINUX_BRIDGE_KEY, type LinuxBridges, linuxBridgeOf, writeLinuxBridge } from "../model/linuxBridge";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { noteOnPort } from "./homes";

/**
 * The operations that note on monitors how the Linux bridges behind them were, and end the notes of ports that are monitors no
 * longer. What is noted already holds: the bridge is as we made it by now.
 */
export function noteLinuxBridges(
  { monitors }: Pick<Desired, "monitors">,
  facts: Facts,
  bridges: LinuxBridges,
): Operation[] {
  const rows = Object.values(facts.ports);
  const noted = new Map(
    rows.flatMap((row) => linuxBridgeOf(row) ?? []).map((bridge) => [bridge.name, bridge]),
  );
  const serving = new Map(monitors.map(({ port, name }) => [port, bridges.get(name)]));
  return rows.flatMap((row) => {
    const known = row.externalIds[LINUX_BRIDGE_KEY];
    if (!serving.has(row.uuid))
      return known === undefined ? [] : [noteOnPort(row.uuid, { [LINUX_BRIDGE_KEY]: undefined })];
    const bridge = serving.get(row.uuid);
    if (bridge === undefined || linuxBridgeOf(row)?.name === bridge.name) return [];
    const before = { ...bridge, ageing: noted.get(bridge.name)?.ageing ?? bridge.ageing };
    return [noteOnPort(row.uuid, { [LINUX_BRIDGE_KEY]: writeLinuxBridge(before) })];
  });
}
