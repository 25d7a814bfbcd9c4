import type { Desired } from "../model/desired";
import {
  LINUX_BRIDGE_KEY,
  LINUX_BRIDGE_PREFIX,
  type LinuxBridge,
  type LinuxBridges,
  linuxBridgeOf,
  notedLinuxBridges,
  writeLinuxBridge,
} from "../model/linuxBridge";
import type { BridgeFacts, Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { map, set } from "../ovs/values";
import { noteOnPort } from "./homes";

/** The tap bridge's name, and its row, if it exists. */
interface Tap {
  name: string;
  bridge: BridgeFacts | undefined;
}

/**
 * The operations that record in monitors' rows and in the tap bridge's row how the Linux bridges behind monitors were
 * set, and delete the notes of ports that are no longer monitors. An existing note is kept, because by now the bridge
 * has our settings.
 */
export function noteLinuxBridges(
  { monitors }: Pick<Desired, "monitors">,
  facts: Facts,
  bridges: LinuxBridges,
  tap: Tap,
): Operation[] {
  const noted = notedLinuxBridges(facts, tap.bridge);
  const serving = new Map(monitors.map(({ port, name }) => [port, bridges.get(name)]));
  const notes = new Map<string, string>();
  const onPorts = Object.values(facts.ports).flatMap((row) => {
    if (!serving.has(row.uuid)) {
      const isNoted = row.externalIds[LINUX_BRIDGE_KEY] !== undefined;
      return isNoted ? [noteOnPort(row.uuid, { [LINUX_BRIDGE_KEY]: undefined })] : [];
    }
    const known = linuxBridgeOf(row);
    const bridge = serving.get(row.uuid);
    const holds = bridge === undefined || (known?.name === bridge.name && isWhole(known, bridge));
    const before = holds ? known : asBefore(bridge, noted);
    if (before === undefined) return [];
    notes.set(LINUX_BRIDGE_PREFIX + before.port, writeLinuxBridge(before));
    return holds ? [] : [noteOnPort(row.uuid, { [LINUX_BRIDGE_KEY]: writeLinuxBridge(before) })];
  });
  return [...onPorts, ...noteOnTap(tap, notes)];
}

/** Whether a note has all that is about to be set; that of a release that set less has not. */
function isWhole(known: LinuxBridge, { snooping }: LinuxBridge): boolean {
  return known.snooping !== undefined || snooping === undefined;
}

/** The settings of a Linux bridge before it served: as recorded in some row, else the current ones. */
function asBefore(bridge: LinuxBridge, noted: readonly LinuxBridge[]): LinuxBridge {
  const known = noted.filter(({ name }) => name === bridge.name);
  const { ageing, snooping = bridge.snooping } = known.at(-1) ?? bridge;
  const { mask } = known.findLast(({ port }) => port === bridge.port) ?? bridge;
  return { ...bridge, ageing, mask, snooping };
}

function noteOnTap({ name, bridge }: Tap, notes: ReadonlyMap<string, string>): Operation[] {
  const present = bridge?.externalIds ?? {};
  const stale = Object.keys(present).filter(
    (key) => key.startsWith(LINUX_BRIDGE_PREFIX) && present[key] !== notes.get(key),
  );
  const fresh = Object.fromEntries([...notes].filter(([key, text]) => present[key] !== text));
  const isSame = stale.length === 0 && Object.keys(fresh).length === 0;
  if (isSame) return [];
  return [
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", name]],
      mutations: [
        ["external_ids", "delete", set(stale)],
        ["external_ids", "insert", map(fresh)],
      ],
    },
  ];
}
